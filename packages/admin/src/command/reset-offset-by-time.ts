/**
 * `resetOffsetByTime`: has a group, or several, consume from another point in time. Counterpart: ResetOffsetByTimeCommand.
 */
import { type Command, required } from '../command-line/command.ts';
import { RESET_HOW, RESET_OF, resetGroups } from '../command-line/reset-offsets.ts';
import { parseTimestamp } from '../text/date-text.ts';

export const command: Command = {
  name: 'resetOffsetByTime',
  options: [
    ...RESET_OF,
    required('s', 'timestamp', 'set the timestamp[now|currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    ...RESET_HOW,
  ],
  changes: true,
  run(context) {
    const text = context.options.text('s');
    const timestamp = text === 'now' ? context.platform.clock.now() : parseTimestamp(text);
    return resetGroups(command, context, { timestamp, text });
  },
};
