/** Runs what a command does; an error becomes one clear text on standard error and an exit code. */
import { endWith } from './daemon.ts';

export async function runCommand(
  program: string,
  body: (args: readonly string[]) => Promise<void>,
): Promise<void> {
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    endWith(program, undefined, error);
  }
}
