/** `mqbroker`: reads the configuration and runs one broker. Counterpart: BrokerStartup. */
import path from 'node:path';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { type Logger, realPlatform } from '@rocketmq-ts/platform';
import { brokerUsage, parseBrokerArguments } from './arguments/broker-arguments.ts';
import { FileLogger } from './log/file-logger.ts';
import { readConfigFile } from './process/config-file.ts';
import { type Daemon, runDaemon } from './process/daemon.ts';
import { logFolder } from './process/environment.ts';
import type { ExitCode } from './process/exit-code.ts';
import { serializeTypeName } from './process/serialize-type.ts';

export async function runBrokerCommand(args: readonly string[]): Promise<void> {
  const { help, printConfig, configFile, overrides } = parseBrokerArguments(args);
  if (help) {
    console.log(brokerUsage);
    return;
  }
  const config = BrokerConfig.load({ host: readHostFacts(), file: readConfigFile(configFile), overrides });
  if (printConfig !== undefined) {
    for (const [key, value] of config.properties(printConfig === 'important')) console.log(`${key}=${value}`);
    return;
  }
  const log = new FileLogger(path.join(logFolder(), 'broker.log'));
  await runDaemon({
    kind: 'broker',
    program: 'mqbroker',
    log,
    start: (fail) => startBroker(config, log, fail),
  });
}

/** Starts the broker and words its boot line as the Java program does. */
export async function startBroker(
  config: BrokerConfig,
  log: Logger,
  fail: (error: unknown, exitCode?: ExitCode) => void,
): Promise<Daemon> {
  const broker = await Broker.start(realPlatform(), config, { logger: log, onFatal: fail });
  return { listenPort: broker.port, bootLine: bootLine(config), stop: () => broker.stop() };
}

function bootLine(config: BrokerConfig): string {
  const { brokerName, brokerIP1, listenPort, namesrvAddr } = config.values;
  const boot = `The broker[${brokerName}, ${brokerIP1}:${listenPort}] boot success.`;
  const nameServer = namesrvAddr === '' ? '' : ` and name server is ${namesrvAddr}`;
  return `${boot} serializeType=${serializeTypeName()}${nameServer}`;
}
