/** `queryMsgByUniqueKey`: a message by the id its producer gave it. Counterpart: QueryMsgByUniqueKeySubCommand. */

import { checkConsumed } from '../command-line/check-result.ts';
import { type Command, option, required } from '../command-line/command.ts';
import { showMessage } from '../command-line/show-message.ts';
import { directResultText } from '../text/java-text.ts';

export const command: Command = {
  name: 'queryMsgByUniqueKey',
  options: [
    required('i', 'msgId', 'Message Id'),
    option('g', 'consumerGroup', 'consumer group name'),
    option('d', 'clientId', "The consumer's client id"),
    required('t', 'topic', 'The topic of msg'),
  ],
  async run(context) {
    const { options, admin, report } = context;
    const id = options.text('i');
    const topic = options.text('t');
    if (options.has('g') && options.has('d')) {
      const result = await admin.consumeMessageDirectly(options.text('g'), options.text('d'), id, topic);
      report.text(directResultText(result));
      report.item(result);
      checkConsumed(result);
      return;
    }
    await showMessage(context, await admin.viewMessage(id, topic), false);
  },
};
