/** `queryMsgByOffset`: the message at a queue's position. Counterpart: QueryMsgByOffsetSubCommand. */
import { AdminError } from '../admin-error.ts';
import { type Command, required } from '../command-line/command.ts';
import { showMessage } from '../command-line/show-message.ts';

export const command: Command = {
  name: 'queryMsgByOffset',
  options: [
    required('t', 'topic', 'topic name'),
    required('b', 'brokerName', 'Broker Name'),
    required('i', 'queueId', 'Queue Id'),
    required('o', 'offset', 'Queue Offset'),
  ],
  async run(context) {
    const { options, admin } = context;
    const queue = {
      topic: options.text('t'),
      brokerName: options.text('b'),
      queueId: options.integer('i', 0),
    };
    const offset = options.integer('o', 0);
    const { pullStatus, messages, minOffset, maxOffset } = await admin.pull({ queue, offset, maxNums: 1 });
    const [message] = messages;
    if (message === undefined) {
      throw new AdminError(
        'ADMIN_NOT_FOUND',
        `there is no message at offset ${offset} of queue ${queue.queueId} (${pullStatus}); ` +
          `it has offsets ${minOffset} to ${maxOffset - 1}`,
      );
    }
    await showMessage(context, message, true);
  },
};
