/**
 * Our own programs as child processes, started as users start them: `sh bin/mqnamesrv`, `sh bin/mqbroker`,
 * `sh bin/tools.sh`, each with a home folder of its own.
 *
 * With INTEROP_OURS=java in the environment the official programs stand in for ours: a test that fails then asks for
 * something that 4.4.0 does not do. Tests of what ours does better are left out of such a run.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './java.ts';
import { root } from './java-library.ts';
import { freeBrokerPort, freePort } from './ports.ts';
import { Program } from './program.ts';
import {
  type BrokerOptions,
  brokerProperties,
  formatConfig,
  type NamesrvOptions,
  type Server,
  temporaryFolder,
  withRetries,
} from './server.ts';

const READY_TIMEOUT_MS = 20_000;
/** True when the official programs stand in for ours. */
export const checksTests = process.env.INTEROP_OURS === 'java';

export function startOurNamesrv(options: NamesrvOptions = {}): Promise<Server> {
  if (checksTests) return startJavaNamesrv(options);
  return withRetries(options.port, async () => {
    const port = options.port ?? (await freePort());
    const folder = options.folder ?? temporaryFolder('our-namesrv');
    const kvConfigPath = join(folder, 'kvConfig.json');
    const config = formatConfig({ listenPort: port, kvConfigPath, ...options.config });
    return start('mqnamesrv', folder, port, config, [], options);
  });
}

export function startOurBroker(options: BrokerOptions): Promise<Server> {
  if (checksTests) return startJavaBroker(options);
  return withRetries(options.port, async () => {
    const port = options.port ?? (await freeBrokerPort());
    const folder = options.folder ?? temporaryFolder('our-broker');
    const config = brokerProperties(options, port, join(folder, 'store'));
    return start('mqbroker', folder, port, config, ['-n', options.namesrvAddr], options);
  });
}

/** `sh bin/tools.sh …`; runs until it ends by itself or is stopped. */
export async function startOurTool(
  args: readonly [string, ...string[]],
  namesrvAddr: string,
): Promise<Program> {
  if (checksTests) return startJavaMain(args[0], args.slice(1), { env: { NAMESRV_ADDR: namesrvAddr } });
  const home = temporaryFolder('our-home');
  return Program.start({
    name: `our ${args[0].split('.').at(-1)}`,
    command: 'sh',
    args: [join(root, 'bin/tools.sh'), ...args],
    env: { HOME: home, NAMESRV_ADDR: namesrvAddr },
  });
}

async function start(
  command: string,
  folder: string,
  port: number,
  config: string,
  args: readonly string[],
  options: NamesrvOptions,
): Promise<Server> {
  mkdirSync(join(folder, 'conf'), { recursive: true });
  const configFile = join(folder, 'conf', 'ours.conf');
  writeFileSync(configFile, config);
  const program = Program.start({
    name: `our ${command}`,
    command: 'sh',
    args: [join(root, 'bin', command), ...args, '-c', configFile],
    env: {
      HOME: folder,
      ROCKETMQ_HOME: folder,
      NAMESRV_ADDR: undefined,
      ROCKETMQ_SERIALIZE_TYPE: options.serializeType,
    },
  });
  try {
    await program.waitForLine(/boot success/, READY_TIMEOUT_MS);
  } catch (error) {
    await program.kill();
    throw error;
  }
  return { program, port, folder, address: `127.0.0.1:${port}` };
}
