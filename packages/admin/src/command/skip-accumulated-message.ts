/**
 * `skipAccumulatedMessage`: has a group, or several, go on at the end of a topic: `resetOffsetByTime -s -1`. Not in 4.4.0;
 * later versions have it.
 */
import type { Command } from '../command-line/command.ts';
import { RESET_HOW, RESET_OF, resetGroups } from '../command-line/reset-offsets.ts';

const END = -1;

export const command: Command = {
  name: 'skipAccumulatedMessage',
  options: [...RESET_OF, ...RESET_HOW],
  changes: true,
  run(context) {
    return resetGroups(command, context, { timestamp: END, text: String(END) });
  },
};
