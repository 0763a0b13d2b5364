/**
 * `tail`: prints messages of a topic as they come, from now on or from some time ago, by tags or by an SQL92 expression.
 * Runs until it is stopped, or until -c messages were printed. Not in 4.4.0.
 */
import { type MessageExt, type MessageQueue, PropertyKey } from '@rocketmq-ts/protocol';
import { type Command, type CommandContext, option, required } from '../command-line/command.ts';
import { messageFilter, SQL } from '../command-line/message-filter.ts';
import { messageValue } from '../command-line/report.ts';
import { dateTimeMillis } from '../text/date-text.ts';

const IDLE_MS = 200;

interface Position {
  readonly queue: MessageQueue;
  offset: number;
}

export const command: Command = {
  name: 'tail',
  options: [
    required('t', 'topic', 'topic name'),
    option('s', 'subExpression', 'tags, eg: TagA || TagB'),
    SQL,
    option('b', 'beginTimestamp', 'begin there, not now[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('c', 'count', 'stop after this many messages'),
  ],
  async run(context) {
    const { options, admin, sleep } = context;
    const matches = await messageFilter(options);
    const positions = await start(context);
    let left = options.integer('c', Number.MAX_SAFE_INTEGER, 1);
    for (;;) {
      let found = false;
      for (const position of positions) {
        const { queue, offset } = position;
        const expression = options.optional('s') ?? '*';
        const { pullStatus, nextBeginOffset, messages } = await admin.pull({ queue, offset, expression });
        position.offset = nextBeginOffset;
        found ||= pullStatus === 'FOUND' || nextBeginOffset !== offset;
        for (const message of messages) {
          if (!matches(message)) continue;
          print(context, message);
          if (--left === 0) return;
        }
      }
      if (!found) await sleep(IDLE_MS);
    }
  },
};

async function start({ options, admin }: CommandContext): Promise<Position[]> {
  const begin = options.timestamp('b');
  const positions: Position[] = [];
  for (const queue of await admin.fetchSubscribeMessageQueues(options.text('t'))) {
    const offset =
      begin === undefined ? await admin.maxOffset(queue) : await admin.searchOffset(queue, begin);
    positions.push({ queue, offset });
  }
  return positions;
}

function print({ report }: CommandContext, message: MessageExt): void {
  const tags = message.properties.get(PropertyKey.TAGS) ?? '-';
  const keys = message.properties.get(PropertyKey.KEYS) ?? '-';
  report.line(
    `${dateTimeMillis(message.storeTimestamp)} ${message.queueId}:${message.queueOffset} ${message.msgId} ` +
      `tags=${tags} keys=${keys} ${message.body.toString('utf8')}`,
  );
  report.item(messageValue(message));
}
