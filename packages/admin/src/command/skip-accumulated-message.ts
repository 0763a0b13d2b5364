/**
 * `skipAccumulatedMessage`: has a group, or several, go on at the end of a topic: `resetOffsetByTime -s -1`. Not in 4.4.0;
 * later versions have it.
 */
import { type Command, flag, option, required } from '../command-line/command.ts';
import { resetGroups } from '../command-line/reset-offsets.ts';
import { RESUME } from '../command-line/resuming.ts';

const END = -1;

export const command: Command = {
  name: 'skipAccumulatedMessage',
  options: [
    required('g', 'group', 'set the consumer group'),
    required('t', 'topic', 'set the topic'),
    option('f', 'force', 'set the force rollback by timestamp switch[true|false]'),
    flag('c', 'cplus', 'reset c++ client offset'),
    RESUME,
  ],
  changes: true,
  run(context) {
    return resetGroups(command, context, { timestamp: END, text: String(END) });
  },
};
