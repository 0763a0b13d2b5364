/** `printMsgByQueue`: messages of one queue, and how many there are of each tag. Counterpart: PrintMessageByQueueCommand. */
import { type MessageExt, PropertyKey } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';
import { printMessages } from '../command-line/print-messages.ts';
import { RESUME, resuming } from '../command-line/resuming.ts';
import { type Position, queueRanges, scanQueue } from '../command-line/scan-queues.ts';

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
    RESUME,
  ],
  run(context) {
    const { options, report } = context;
    const queue = {
      topic: options.text('t'),
      brokerName: options.text('a'),
      queueId: options.integer('i', 0),
    };
    const charset = options.boolean('d', false) ? (options.optional('c') ?? 'UTF-8') : undefined;
    return resuming<Counted>(command, context, async (checkpoint) => {
      const counts = new Map<string, number>(checkpoint.values().at(-1)?.counts);
      for (const range of await queueRanges(context, [queue], checkpoint, 'printMsgByQueue')) {
        await scanQueue(context, range, checkpoint, ({ messages }) => {
          countTags(counts, messages);
          if (options.boolean('p', false)) printMessages(report, messages, charset);
          return { counts: [...counts] };
        });
      }
      if (!options.boolean('f', false)) return;
      for (const [tag, count] of [...counts].sort(([, a], [, b]) => b - a)) {
        report.printf('Tag: %-30s Count: %s%n', tag, count);
        report.item({ tag, count });
      }
    });
  },
};

/** How far it is, and what was counted until there. */
interface Counted extends Position {
  readonly counts: readonly (readonly [string, number])[];
}

function countTags(counts: Map<string, number>, messages: readonly MessageExt[]): void {
  for (const { properties } of messages) {
    const tag = properties.get(PropertyKey.TAGS) ?? '';
    if (tag.trim() !== '') counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
}
