/** The command line of `mqnamesrv`. Counterpart: NamesrvStartup and ServerUtil. */
import { UsageError } from '../process/failure.ts';
import { parseOptions } from './parse-options.ts';

export interface NamesrvArguments {
  readonly help: boolean;
  readonly printConfig: boolean;
  readonly configFile: string | undefined;
}

export const namesrvUsage = `usage: mqnamesrv [-c FILE] [-n ADDRESSES] [-p] [-h]
 -c,--configFile FILE        name server config properties file
 -h,--help                   print this help
 -n,--namesrvAddr ADDRESSES  accepted and not used, as in 4.4.0
 -p,--printConfigItem        print all config items and end
The port is listenPort in FILE, 9876 by default.`;

/** Throws UsageError. */
export function parseNamesrvArguments(args: readonly string[]): NamesrvArguments {
  const { values, positionals } = parseOptions(args, namesrvUsage, {
    namesrvAddr: { type: 'string', short: 'n' },
    configFile: { type: 'string', short: 'c' },
    printConfigItem: { type: 'boolean', short: 'p' },
    help: { type: 'boolean', short: 'h' },
  });
  if (positionals.length > 0) throw new UsageError(`unexpected argument ${positionals[0]}\n${namesrvUsage}`);
  return {
    help: values.help === true,
    printConfig: values.printConfigItem === true,
    configFile: values.configFile as string | undefined,
  };
}
