/** `mqbroker`: reads the configuration and runs one broker. Counterpart: BrokerStartup. */
import path from 'node:path';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { realPlatform } from '@rocketmq-ts/platform';
import { brokerUsage, parseBrokerArguments } from './arguments/broker-arguments.ts';
import { FileLogger } from './log/file-logger.ts';
import { readConfigFile } from './process/config-file.ts';
import { runDaemon } from './process/daemon.ts';
import { logFolder } from './process/environment.ts';

export async function runBrokerCommand(args: readonly string[]): Promise<void> {
  const { help, printConfig, configFile, overrides } = parseBrokerArguments(args);
  if (help) {
    console.log(brokerUsage);
    return;
  }
  const file = readConfigFile(configFile);
  const config = BrokerConfig.load({ host: readHostFacts(), ...(file && { file }), overrides });
  if (printConfig !== undefined) {
    for (const [key, value] of config.properties(printConfig === 'important')) console.log(`${key}=${value}`);
    return;
  }
  for (const warning of config.warnings) console.error(`mqbroker: ${warning}`);
  const log = new FileLogger(path.join(logFolder(), 'broker.log'));
  await runDaemon({
    kind: 'broker',
    program: 'mqbroker',
    log,
    async start(fail) {
      const broker = await Broker.start(realPlatform(), config, { logger: log, onFatal: fail });
      return { listenPort: broker.port, bootLines: [broker.bootMessage], stop: () => broker.stop() };
    },
  });
}
