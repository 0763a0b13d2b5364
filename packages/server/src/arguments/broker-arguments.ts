/**
 * The command line of `mqbroker`: RocketMQ's options, and `key=value` for any key of the configuration.
 *
 * Counterpart: BrokerStartup and ServerUtil; 4.4.0 ignores bare `key=value` arguments, here they beat the file.
 */
import { parseKeyValueArguments } from '@rocketmq-ts/broker';
import { parseOptions } from './parse-options.ts';

export interface BrokerArguments {
  readonly help: boolean;
  readonly printConfig: 'all' | 'important' | undefined;
  readonly configFile: string | undefined;
  /** Keys given as arguments; `-n` is `namesrvAddr`. */
  readonly overrides: ReadonlyMap<string, string>;
}

export const brokerUsage = `usage: mqbroker [-n HOST:PORT[;HOST:PORT...]] [-c FILE] [key=value ...] [-p] [-m] [-h]
 -c,--configFile FILE        broker config properties file
 -h,--help                   print this help
 -m,--printImportantConfig   print important config items and end
 -n,--namesrvAddr ADDRESSES  name server addresses, such as 192.168.0.1:9876;192.168.0.2:9876
 -p,--printConfigItem        print all config items and end
 key=value                   any configuration key; beats the file`;

/** Throws UsageError or BrokerConfigError. */
export function parseBrokerArguments(args: readonly string[]): BrokerArguments {
  const { values, positionals } = parseOptions(args, brokerUsage, {
    namesrvAddr: { type: 'string', short: 'n' },
    configFile: { type: 'string', short: 'c' },
    printConfigItem: { type: 'boolean', short: 'p' },
    printImportantConfig: { type: 'boolean', short: 'm' },
    help: { type: 'boolean', short: 'h' },
  });
  const overrides = parseKeyValueArguments(positionals);
  if (values.namesrvAddr !== undefined) overrides.set('namesrvAddr', String(values.namesrvAddr));
  return {
    help: values.help === true,
    printConfig: printChoice(values.printConfigItem === true, values.printImportantConfig === true),
    configFile: values.configFile as string | undefined,
    overrides,
  };
}

function printChoice(all: boolean, important: boolean): 'all' | 'important' | undefined {
  if (all) return 'all';
  return important ? 'important' : undefined;
}
