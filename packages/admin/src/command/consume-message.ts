/**
 * `consumeMessage`: reads messages of a topic, of a queue, or from an offset on, without being a member of the group.
 * Counterpart: ConsumeMessageCommand.
 */
import type { MessageQueue } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { type Command, type CommandContext, option, required } from '../command-line/command.ts';
import { printMessages } from '../command-line/print-messages.ts';
import { queueText } from '../text/java-text.ts';

export const command: Command = {
  name: 'consumeMessage',
  options: [
    required('t', 'topic', 'Topic name'),
    option('b', 'brokerName', 'Broker name'),
    option('i', 'queueId', 'Queue Id'),
    option('o', 'offset', 'Queue offset'),
    option('g', 'consumerGroup', 'Consumer group name'),
    option('s', 'beginTimestamp ', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp ', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('c', 'MessageNumber', 'Number of message to be consumed'),
  ],
  async run(context) {
    const { options, admin, report, platform } = context;
    const count = options.integer('c', 128, 1);
    if (options.has('i') && !options.has('b')) usage('Please set the brokerName before queueId!');
    if (options.has('o') && !options.has('i')) usage('Please set queueId before offset!');
    const begin = options.timestamp('s') ?? 0;
    const end = options.timestamp('e') ?? 0;
    const nowMs = platform.clock.now();
    if (begin > nowMs) usage('Please set the beginTimestamp before now!');
    if (end > nowMs) usage('Please set the endTimestamp before now!');
    if (end > 0 && begin > end)
      usage('Please make sure that the beginTimestamp is less than or equal to the endTimestamp');
    const topic = options.text('t');
    if (options.has('i')) {
      const queue = { topic, brokerName: options.text('b'), queueId: options.integer('i', 0) };
      await oneQueue(context, queue, count, begin, end);
      return;
    }
    let countLeft = count;
    for (const queue of await admin.fetchSubscribeMessageQueues(topic)) {
      if (countLeft <= 0) return;
      const { min, max } = await range(context, queue, begin, end);
      let last = max;
      if (max - min > countLeft) {
        report.line(`The older ${countLeft} message of the ${queue.queueId} queue will be provided`);
        last = min + countLeft - 1;
        countLeft = 0;
      } else {
        countLeft -= max - min;
      }
      await pullQueue(context, queue, min, last);
    }
  },
};

async function oneQueue(
  context: CommandContext,
  queue: MessageQueue,
  count: number,
  begin: number,
  end: number,
): Promise<void> {
  const { options, report } = context;
  const offset = options.integer('o', 0);
  const { min, max } = await range(context, queue, begin, end);
  if (offset > max) {
    report.line(`${queueText(queue)} no matched msg, offset=${offset}`);
    return;
  }
  const first = Math.max(min, offset);
  if (max - first > count) report.line(`The oldler ${count} message will be provided`);
  await pullQueue(context, queue, first, max - first > count ? first + count - 1 : max);
}

async function range({ admin }: CommandContext, queue: MessageQueue, begin: number, end: number) {
  return {
    min: begin > 0 ? await admin.searchOffset(queue, begin) : await admin.minOffset(queue),
    max: end > 0 ? await admin.searchOffset(queue, end) : await admin.maxOffset(queue),
  };
}

/** From `first` to `last`, both counted. */
async function pullQueue(
  { admin, options, report }: CommandContext,
  queue: MessageQueue,
  first: number,
  last: number,
): Promise<void> {
  const consumerGroup = options.optional('g');
  for (let offset = first; offset <= last; ) {
    const maxNums = last - offset + 1;
    const { pullStatus, nextBeginOffset, messages } = await admin.pull({
      queue,
      offset,
      maxNums,
      consumerGroup,
    });
    offset = nextBeginOffset;
    if (pullStatus === 'FOUND') {
      report.line('Consume ok');
      printMessages(report, messages, 'UTF-8');
    } else if (pullStatus === 'NO_MATCHED_MSG') {
      report.line(`${queueText(queue)} no matched msg. status=${pullStatus}, offset=${offset}`);
    } else {
      report.line(`${queueText(queue)} print msg finished. status=${pullStatus}, offset=${offset}`);
      return;
    }
  }
}

function usage(message: string): never {
  throw new AdminError('ADMIN_USAGE', message);
}
