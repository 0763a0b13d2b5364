/** `util.parseArgs` with errors that a person can use. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from '../process/failure.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface ParsedOptions {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Throws UsageError, with `usage` below what is wrong. */
export function parseOptions(args: readonly string[], usage: string, options: Options): ParsedOptions {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}
