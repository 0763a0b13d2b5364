/** The command line of `rocketmq-ts` (`npm start`), and the environment variables that say the same. */
import path from 'node:path';
import { parseKeyValueArguments } from '@rocketmq-ts/broker';
import { UsageError } from '../process/failure.ts';
import { parseOptions } from './parse-options.ts';

export interface ServerArguments {
  readonly help: boolean;
  readonly namesrvPort: number;
  readonly brokerPort: number;
  readonly host: string;
  readonly dataFolder: string;
  readonly brokerConfig: ReadonlyMap<string, string>;
}

export const serverUsage = `usage: rocketmq-ts [options] [key=value ...]      (from a checkout: npm start -- ...)
 --namesrv-port PORT  name server, 9876 by default; 0 takes a free one       (ROCKETMQ_NAMESRV_PORT)
 --broker-port PORT   broker, 10911 by default; PORT-2 and PORT+1 too        (ROCKETMQ_BROKER_PORT)
 --host ADDRESS       address that clients are told, 127.0.0.1 by default;
                      with another one all interfaces are listened on        (ROCKETMQ_HOST)
 --data FOLDER        store and logs, ./data by default                      (ROCKETMQ_DATA)
 -h, --help           print this help
 key=value            any key of the broker's configuration`;

/** Throws UsageError or BrokerConfigError. */
export function parseServerArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServerArguments {
  const { values, positionals } = parseOptions(args, serverUsage, {
    'namesrv-port': { type: 'string' },
    'broker-port': { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  const choose = (option: string, variable: string, fallback: string): string =>
    String(values[option] ?? (environment[variable] || fallback));
  return {
    help: values.help === true,
    namesrvPort: port('--namesrv-port', choose('namesrv-port', 'ROCKETMQ_NAMESRV_PORT', '9876')),
    brokerPort: port('--broker-port', choose('broker-port', 'ROCKETMQ_BROKER_PORT', '10911')),
    host: choose('host', 'ROCKETMQ_HOST', '127.0.0.1'),
    dataFolder: path.resolve(choose('data', 'ROCKETMQ_DATA', 'data')),
    brokerConfig: parseKeyValueArguments(positionals),
  };
}

function port(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new UsageError(`${option} takes a port from 0 to 65535, not ${text}\n${serverUsage}`);
}
