/** Reads the `-c` file of a command. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './failure.ts';

export interface ConfigFile {
  readonly path: string;
  /** Bytes as ISO-8859-1, which `.properties` files are in. */
  readonly content: string;
}

/** Throws UsageError when it cannot be read; undefined when none was given. */
export function readConfigFile(file: string | undefined): ConfigFile | undefined {
  if (file === undefined) return undefined;
  const absolute = path.resolve(file);
  try {
    return { path: absolute, content: readFileSync(absolute, 'latin1') };
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new UsageError(`the configuration file ${absolute} cannot be read: ${reason}`);
  }
}
