/**
 * The command line of `mqnamesrv`: RocketMQ's options, and `key=value` for any key of the configuration.
 *
 * Counterpart: NamesrvStartup and ServerUtil; 4.4.0 ignores bare `key=value` arguments, here they beat the file.
 */
import { parseKeyValueArguments } from '@rocketmq-ts/broker';
import { parseOptions } from './parse-options.ts';

export interface NamesrvArguments {
  readonly help: boolean;
  readonly printConfig: boolean;
  readonly configFile: string | undefined;
  /** Keys given as arguments. */
  readonly overrides: ReadonlyMap<string, string>;
}

export const namesrvUsage = `usage: mqnamesrv [-c FILE] [-n ADDRESSES] [key=value ...] [-p] [-h]
 -c,--configFile FILE        name server config properties file
 -h,--help                   print this help
 -n,--namesrvAddr ADDRESSES  accepted and not used, as in 4.4.0
 -p,--printConfigItem        print all config items and end
 key=value                   any configuration key; beats the file
The port is listenPort in FILE, 9876 by default.`;

/** Throws UsageError or BrokerConfigError. */
export function parseNamesrvArguments(args: readonly string[]): NamesrvArguments {
  const { values, positionals } = parseOptions(args, namesrvUsage, {
    namesrvAddr: { type: 'string', short: 'n' },
    configFile: { type: 'string', short: 'c' },
    printConfigItem: { type: 'boolean', short: 'p' },
    help: { type: 'boolean', short: 'h' },
  });
  return {
    help: values.help === true,
    printConfig: values.printConfigItem === true,
    configFile: values.configFile as string | undefined,
    overrides: parseKeyValueArguments(positionals),
  };
}
