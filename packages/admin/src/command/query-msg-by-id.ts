/**
 * `queryMsgById`: shows messages by offset id, with -g and -d has a client consume them again, with -s true sends them
 * again. Counterpart: QueryMsgByIdSubCommand.
 */

import { checkConsumed, checkStored } from '../command-line/check-result.ts';
import { type Command, type CommandContext, option, required } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import { showMessage } from '../command-line/show-message.ts';
import { directResultText, sendResultText } from '../text/java-text.ts';

export const command: Command = {
  name: 'queryMsgById',
  options: [
    required('i', 'msgId', 'Message Id'),
    option('g', 'consumerGroup', 'consumer group name'),
    option('d', 'clientId', "The consumer's client id"),
    option('s', 'sendMessage', 'resend message'),
    option('u', 'unitName', 'unit name'),
  ],
  async run(context) {
    const ids = context.options.text('i').split(',');
    const failures = new Failures();
    for (const id of ids.map((each) => each.trim())) {
      if (id !== '') await failures.attempt(() => handle(context, id));
    }
    failures.rethrow('messages');
  },
};

async function handle(context: CommandContext, id: string): Promise<void> {
  const { options, admin, report } = context;
  if (options.has('g') && options.has('d')) {
    const result = await admin.consumeMessageDirectly(options.text('g'), options.text('d'), id);
    report.text(directResultText(result));
    report.item(result);
    checkConsumed(result);
  } else if (options.has('s')) {
    if (!options.boolean('s', false)) return;
    const message = await admin.viewMessage(id);
    report.printf('prepare resend msg. originalMsgId=%s', id);
    const result = await admin.sendMessage(message);
    report.text(sendResultText(result));
    report.item(result);
    checkStored(result);
  } else {
    await showMessage(context, await admin.viewMessage(id), true);
  }
}
