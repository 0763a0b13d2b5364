/** `queryMsgByKey`: messages of a topic that have a key. Counterpart: QueryMsgByKeySubCommand. */
import { type Command, required } from '../command-line/command.ts';
import { messageValue } from '../command-line/report.ts';

const MAX_MESSAGES = 64;

export const command: Command = {
  name: 'queryMsgByKey',
  options: [required('t', 'topic', 'topic name'), required('k', 'msgKey', 'Message Key')],
  async run({ options, admin, report }) {
    const messages = await admin.queryMessage(options.text('t'), options.text('k'), MAX_MESSAGES);
    report.printf('%-50s %4s %40s%n', '#Message ID', '#QID', '#Offset');
    for (const { msgId, queueId, queueOffset } of messages)
      report.printf('%-50s %4d %40d%n', msgId, queueId, queueOffset);
    report.value(messages.map(messageValue));
  },
};
