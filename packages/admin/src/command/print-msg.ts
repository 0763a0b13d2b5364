/** `printMsg`: all messages of a topic, or those of a time span. Counterpart: PrintMessageSubCommand. */
import type { MessageQueue } from '@rocketmq-ts/protocol';
import { type Command, type CommandContext, option, required } from '../command-line/command.ts';
import { printMessages } from '../command-line/print-messages.ts';
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
  ],
  async run(context) {
    for (const queue of await context.admin.fetchSubscribeMessageQueues(context.options.text('t')))
      await printQueue(context, queue);
  },
};

async function printQueue({ admin, options, report }: CommandContext, queue: MessageQueue): Promise<void> {
  const begin = options.timestamp('b');
  const end = options.timestamp('e');
  const minOffset =
    begin === undefined ? await admin.minOffset(queue) : await admin.searchOffset(queue, begin);
  const maxOffset = end === undefined ? await admin.maxOffset(queue) : await admin.searchOffset(queue, end);
  const charset = options.boolean('d', true) ? (options.optional('c') ?? 'UTF-8') : undefined;
  const expression = options.optional('s') ?? '*';
  report.printf('minOffset=%s, maxOffset=%s, %s', minOffset, maxOffset, queueText(queue));
  for (let offset = minOffset; offset < maxOffset; ) {
    const { pullStatus, nextBeginOffset, messages } = await admin.pull({ queue, offset, expression });
    offset = nextBeginOffset;
    if (pullStatus === 'FOUND') {
      printMessages(report, messages, charset);
    } else if (pullStatus === 'NO_MATCHED_MSG') {
      report.printf('%s no matched msg. status=%s, offset=%s', queueText(queue), pullStatus, offset);
    } else {
      report.printf('%s print msg finished. status=%s, offset=%s', queueText(queue), pullStatus, offset);
      return;
    }
  }
}
