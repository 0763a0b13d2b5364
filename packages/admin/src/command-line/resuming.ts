/** `--resume FILE`: for commands that take long. */
import { resolve } from 'node:path';
import { Checkpoint } from './checkpoint.ts';
import { type Command, type CommandContext, ownOption } from './command.ts';

export const RESUME = ownOption(
  'resume',
  'file that keeps how far it is; with one that is there it goes on from it',
);

/** Options that do not change what is done. */
const PRESENTATION = ['output', 'resume', 'yes', 'context', 'namesrvAddr'];

/** Runs `work` with the checkpoint of `--resume`, which goes when the work is through and stays when it fails. */
export async function resuming<T>(
  { name }: Pick<Command, 'name'>,
  { admin, options, platform, workingFolder }: CommandContext,
  work: (checkpoint: Checkpoint<T>) => Promise<void>,
): Promise<void> {
  const given = options.optional('resume');
  const path = given === undefined ? undefined : resolve(workingFolder, given);
  const subject = `${name} ${options.summary(PRESENTATION)} of ${[...admin.namesrvAddrs].sort().join(';')}`;
  const checkpoint = Checkpoint.open<T>(platform.fileSystem, path, subject);
  try {
    await work(checkpoint);
  } catch (error) {
    checkpoint.close();
    throw error;
  }
  checkpoint.finish();
}
