/** `printMsgByQueue`: messages of one queue, and how many there are of each tag. Counterpart: PrintMessageByQueueCommand. */
import { type MessageExt, PropertyKey } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';
import { printMessages } from '../command-line/print-messages.ts';

export const command: Command = {
  name: 'printMsgByQueue',
  options: [
    required('t', 'topic', 'topic name'),
    required('a', 'brokerName ', 'broker name'),
    required('i', 'queueId ', 'queue id'),
    option('c', 'charsetName ', 'CharsetName(eg: UTF-8,GBK)'),
    option('s', 'subExpression ', 'Subscribe Expression(eg: TagA || TagB)'),
    option('b', 'beginTimestamp ', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp ', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('p', 'print msg', 'print msg. eg: true | false(default)'),
    option('d', 'printBody ', 'print body. eg: true | false(default)'),
    option('f', 'calculate', 'calculate by tag. eg: true | false(default)'),
  ],
  async run({ options, admin, report }) {
    const queue = {
      topic: options.text('t'),
      brokerName: options.text('a'),
      queueId: options.integer('i', 0),
    };
    const begin = options.timestamp('b');
    const end = options.timestamp('e');
    const minOffset =
      begin === undefined ? await admin.minOffset(queue) : await admin.searchOffset(queue, begin);
    const maxOffset = end === undefined ? await admin.maxOffset(queue) : await admin.searchOffset(queue, end);
    const charset = options.boolean('d', false) ? (options.optional('c') ?? 'UTF-8') : undefined;
    const counts = new Map<string, number>();
    const expression = options.optional('s') ?? '*';
    for (let offset = minOffset; offset < maxOffset; ) {
      const { pullStatus, nextBeginOffset, messages } = await admin.pull({ queue, offset, expression });
      if (pullStatus !== 'FOUND' && pullStatus !== 'NO_MATCHED_MSG') break;
      offset = nextBeginOffset;
      countTags(counts, messages);
      if (options.boolean('p', false)) printMessages(report, messages, charset);
    }
    if (!options.boolean('f', false)) return;
    for (const [tag, count] of [...counts].sort(([, a], [, b]) => b - a)) {
      report.printf('Tag: %-30s Count: %s%n', tag, count);
      report.item({ tag, count });
    }
  },
};

function countTags(counts: Map<string, number>, messages: readonly MessageExt[]): void {
  for (const { properties } of messages) {
    const tag = properties.get(PropertyKey.TAGS) ?? '';
    if (tag.trim() !== '') counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
}
