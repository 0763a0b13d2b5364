/** `sendMessage`: sends one message. Counterpart: SendMessageCommand. */
import { PropertyKey } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { checkStored } from '../command-line/check-result.ts';
import { type Command, option, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'sendMessage',
  options: [
    required('t', 'topic', 'Topic name'),
    required('p', 'body', 'UTF-8 string format of the message body'),
    option('k', 'key', 'Message keys'),
    option('c', 'tags', 'Message tags'),
    option('b', 'broker', 'Send message to target broker'),
    option('i', 'qid', 'Send message to target queue'),
  ],
  async run({ options, admin, report }) {
    const topic = options.text('t');
    const brokerName = options.optional('b');
    if (options.has('i') && brokerName === undefined)
      throw new AdminError('ADMIN_USAGE', 'Broker name must be set if the queue is chosen!');
    const properties = new Map<string, string>();
    const keys = options.optional('k');
    const tags = options.optional('c');
    if (keys) properties.set(PropertyKey.KEYS, keys);
    if (tags) properties.set(PropertyKey.TAGS, tags);
    const queue =
      brokerName !== undefined && options.has('i')
        ? { topic, brokerName, queueId: options.integer('i', 0) }
        : undefined;
    const result = await admin.sendMessage(
      { topic, body: Buffer.from(options.text('p')), properties },
      queue,
    );
    const format = '%-32s  %-4s  %-20s    %s%n';
    report.printf(format, '#Broker Name', '#QID', '#Send Result', '#MsgId');
    const { messageQueue, sendStatus, msgId } = result;
    report.printf(format, messageQueue.brokerName, messageQueue.queueId, sendStatus, msgId);
    report.value(result);
    checkStored(result);
  },
};
