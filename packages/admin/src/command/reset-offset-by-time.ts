/**
 * `resetOffsetByTime`: has a group, or several, consume from another point in time. Counterpart: ResetOffsetByTimeCommand.
 */
import { type Command, flag, option, required } from '../command-line/command.ts';
import { resetGroups } from '../command-line/reset-offsets.ts';
import { RESUME } from '../command-line/resuming.ts';
import { parseTimestamp } from '../text/date-text.ts';

export const command: Command = {
  name: 'resetOffsetByTime',
  options: [
    required('g', 'group', 'set the consumer group'),
    required('t', 'topic', 'set the topic'),
    required('s', 'timestamp', 'set the timestamp[now|currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('f', 'force', 'set the force rollback by timestamp switch[true|false]'),
    flag('c', 'cplus', 'reset c++ client offset'),
    RESUME,
  ],
  changes: true,
  run(context) {
    const text = context.options.text('s');
    const timestamp = text === 'now' ? context.platform.clock.now() : parseTimestamp(text);
    return resetGroups(command, context, { timestamp, text });
  },
};
