/** `printMsg`: all messages of a topic, or those of a time span. Counterpart: PrintMessageSubCommand. */
import { type Command, option, required } from '../command-line/command.ts';
import { printMessages } from '../command-line/print-messages.ts';
import { RESUME, resuming } from '../command-line/resuming.ts';
import { type Position, queueRanges, scanQueue } from '../command-line/scan-queues.ts';
import { queueText } from '../text/java-text.ts';

export const command: Command = {
  name: 'printMsg',
  options: [
    required('t', 'topic', 'topic name'),
    option('c', 'charsetName ', 'CharsetName(eg: UTF-8,GBK)'),
    option('s', 'subExpression ', 'Subscribe Expression(eg: TagA || TagB)'),
    option('b', 'beginTimestamp ', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp ', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('d', 'printBody ', 'print body'),
    RESUME,
  ],
  run(context) {
    const { options, admin, report } = context;
    const charset = options.boolean('d', true) ? (options.optional('c') ?? 'UTF-8') : undefined;
    return resuming<Position>(command, context, async (checkpoint) => {
      const queues = await admin.fetchSubscribeMessageQueues(options.text('t'));
      for (const range of await queueRanges(context, queues, checkpoint, 'printMsg')) {
        const queue = queueText(range.queue);
        report.printf('minOffset=%s, maxOffset=%s, %s', range.next, range.end, queue);
        await scanQueue(context, range, checkpoint, ({ pullStatus, messages, nextOffset }) => {
          if (pullStatus === 'FOUND') {
            printMessages(report, messages, charset);
            return {};
          }
          const words = pullStatus === 'NO_MATCHED_MSG' ? 'no matched msg' : 'print msg finished';
          report.printf('%s %s. status=%s, offset=%s', queue, words, pullStatus, nextOffset);
          return {};
        });
      }
    });
  },
};
