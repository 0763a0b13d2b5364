/**
 * `-q SQL92`: which messages are meant, evaluated here, so that it works on brokers that do not filter by properties.
 */
import type { MessageExt } from '@rocketmq-ts/protocol';
import { AdminError, describeError } from '../admin-error.ts';
import { type OptionSpec, option } from './command.ts';
import type { CommandOptions } from './command-options.ts';

export const SQL: OptionSpec = option('q', 'sql', "SQL92 expression on properties, eg: a > 5 AND b = 'x'");

/** Rejects with ADMIN_USAGE for an expression that is none. */
export async function messageFilter(options: CommandOptions): Promise<(message: MessageExt) => boolean> {
  const sql = options.optional('q');
  if (sql === undefined) return () => true;
  const { SqlFilter } = await import('@rocketmq-ts/filter');
  try {
    const compiled = SqlFilter.compile(sql);
    return ({ properties }) => compiled.matches(properties);
  } catch (error) {
    throw new AdminError('ADMIN_USAGE', `option -q: ${describeError(error)}`, error);
  }
}
