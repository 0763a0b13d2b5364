/** `mqnamesrv`: reads the configuration and runs one name server. Counterpart: NamesrvStartup. */
import path from 'node:path';
import { NameServer, NamesrvConfig } from '@rocketmq-ts/namesrv';
import { realPlatform } from '@rocketmq-ts/platform';
import { namesrvUsage, parseNamesrvArguments } from './arguments/namesrv-arguments.ts';
import { FileLogger } from './log/file-logger.ts';
import { readConfigFile } from './process/config-file.ts';
import { runDaemon } from './process/daemon.ts';
import { homeFolder, logFolder } from './process/environment.ts';

export async function runNamesrvCommand(args: readonly string[]): Promise<void> {
  const { help, printConfig, configFile, overrides } = parseNamesrvArguments(args);
  if (help) {
    console.log(namesrvUsage);
    return;
  }
  const file = readConfigFile(configFile);
  if (file !== undefined) console.log(`load config properties file OK, ${configFile}`);
  const config = loadNamesrvConfig({ file, overrides });
  if (printConfig) {
    for (const [key, value] of config.properties()) console.log(`${key}=${value}`);
    return;
  }
  for (const warning of config.warnings) console.error(`mqnamesrv: ${warning}`);
  const log = new FileLogger(path.join(logFolder(), 'namesrv.log'));
  await runDaemon({
    kind: 'namesrv',
    program: 'mqnamesrv',
    log,
    async start() {
      const nameServer = await NameServer.start(realPlatform(), config, { logger: log });
      const bootLines = [namesrvBootLine(config)];
      return { listenPort: nameServer.port, bootLines, stop: () => nameServer.stop() };
    },
  });
}

/** With the defaults that this process's environment gives. */
export function loadNamesrvConfig(
  sources: Pick<Parameters<typeof NamesrvConfig.load>[0], 'file' | 'overrides'>,
) {
  const overrides = new Map(sources.overrides);
  const serializeType = process.env.ROCKETMQ_SERIALIZE_TYPE;
  if (serializeType) overrides.set('serializeType', serializeType);
  const host = { homeFolder: homeFolder(), environment: process.env };
  return NamesrvConfig.load({ host, file: sources.file, overrides });
}

export function namesrvBootLine(config: NamesrvConfig): string {
  return `The Name Server boot success. serializeType=${config.values.serializeType}`;
}
