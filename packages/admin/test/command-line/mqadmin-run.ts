/** Runs mqadmin in this process, for tests: what it printed, and the exit code. */
import { type MqadminOptions, runMqadmin } from '../../src/command-line/run-mqadmin.ts';

export interface MqadminRun {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export async function mqadmin(
  args: readonly string[],
  options: Partial<MqadminOptions> = {},
): Promise<MqadminRun> {
  let output = '';
  let errors = '';
  const exitCode = await runMqadmin({
    args,
    rocketmqHome: '/nowhere',
    workingFolder: '/nowhere',
    environment: {},
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    ...options,
  });
  return { exitCode, output, errors };
}
