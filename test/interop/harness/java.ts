/**
 * The official programs as child processes: name server, broker, and any main class of the 4.4.0 artifacts or of the
 * drivers in test/interop/java. Each has a small heap, a home folder of its own and its log in that folder.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaLibrary, root } from './java-library.ts';
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

const READY_TIMEOUT_MS = 60_000;
/** 4.4.0 reaches into the JDK: Netty's direct buffers, cleaners of mapped files. */
const OPENED = [
  '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
];
/** Quick to start rather than quick: tests send thousands of messages, not millions. */
const SMALL = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];

export interface JavaOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** System properties. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly javaArgs?: readonly string[];
  /** Home folder; a temporary one otherwise. */
  readonly home?: string;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
}

export async function startJavaMain(
  className: string,
  args: readonly string[],
  options: JavaOptions = {},
): Promise<Program> {
  const library = await javaLibrary();
  const home = options.home ?? temporaryFolder('java-home');
  const properties = Object.entries({
    'user.home': home,
    'logback.configurationFile': join(root, 'test/interop/java/logback.xml'),
    ...options.properties,
  });
  return Program.start({
    name: `java ${className.split('.').at(-1)}`,
    command: library.java,
    args: [
      ...(options.javaArgs ?? SMALL),
      ...OPENED,
      ...properties.map(([key, value]) => `-D${key}=${value}`),
      '-cp',
      library.classPath,
      className,
      ...args,
    ],
    env: { JAVA_TOOL_OPTIONS: undefined, NAMESRV_ADDR: undefined, ...options.env },
    ...(options.onLine ? { onLine: options.onLine } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
}

/** Runs a main class to its end. Throws when it ends with another code than 0 or takes too long. */
export async function runJavaMain(
  className: string,
  args: readonly string[],
  options: JavaOptions & { readonly timeoutMs?: number } = {},
): Promise<string[]> {
  const program = await startJavaMain(className, args, options);
  const exit = await program.waitForExit(options.timeoutMs ?? 60_000);
  if (exit.code !== 0) {
    const output = [...program.lines.slice(-20), ...program.errorLines.slice(-30)].join('\n  ');
    throw new Error(`${className} ended with exit code ${exit.code}, signal ${exit.signal}:\n  ${output}`);
  }
  return program.lines;
}

export function startJavaNamesrv(options: NamesrvOptions = {}): Promise<Server> {
  return withRetries(options.port, async () => {
    const port = options.port ?? (await freePort());
    const folder = options.folder ?? temporaryFolder('java-namesrv');
    const kvConfigPath = join(folder, 'kvConfig.json');
    const config = formatConfig({ listenPort: port, kvConfigPath, ...options.config });
    return start('org.apache.rocketmq.namesrv.NamesrvStartup', folder, port, config, options);
  });
}

export function startJavaBroker(options: BrokerOptions): Promise<Server> {
  return withRetries(options.port, async () => {
    const port = options.port ?? (await freeBrokerPort());
    const folder = options.folder ?? temporaryFolder('java-broker');
    const config = brokerProperties(options, port, join(folder, 'store'));
    return start('org.apache.rocketmq.broker.BrokerStartup', folder, port, config, options);
  });
}

async function start(
  className: string,
  folder: string,
  port: number,
  config: string,
  options: NamesrvOptions & { readonly javaArgs?: readonly string[] },
): Promise<Server> {
  mkdirSync(join(folder, 'conf'), { recursive: true });
  for (const name of ['namesrv', 'broker'])
    writeFileSync(join(folder, 'conf', `logback_${name}.xml`), logback(join(folder, `${name}.log`)));
  const configFile = join(folder, 'conf', 'java.conf');
  writeFileSync(configFile, config);
  const program = await startJavaMain(className, ['-c', configFile], {
    home: folder,
    env: { ROCKETMQ_HOME: folder },
    properties: {
      'rocketmq.home.dir': folder,
      'rocketmq.serialize.type': options.serializeType ?? 'JSON',
      // a machine whose disk is nearly full still runs the tests
      'rocketmq.broker.diskSpaceWarningLevelRatio': '0.99',
      'rocketmq.broker.diskSpaceCleanForciblyRatio': '0.98',
      ...options.javaProperties,
    },
    ...(options.javaArgs ? { javaArgs: options.javaArgs } : {}),
  });
  try {
    await program.waitForLine(/boot success/, READY_TIMEOUT_MS);
  } catch (error) {
    await program.kill();
    throw error;
  }
  return { program, port, folder, address: `127.0.0.1:${port}` };
}

function logback(file: string): string {
  return (
    `<configuration><appender name="FILE" class="ch.qos.logback.core.FileAppender"><file>${file}</file>` +
    `<encoder><pattern>%d %p %t - %m%n</pattern></encoder></appender>` +
    `<root level="WARN"><appender-ref ref="FILE"/></root></configuration>\n`
  );
}
