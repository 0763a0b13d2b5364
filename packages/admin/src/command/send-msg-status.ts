/** `sendMsgStatus`: how long sends to one broker take. The topic has the broker's name. Counterpart: SendMsgStatusCommand. */
import { checkStored } from '../command-line/check-result.ts';
import { type Command, option, required } from '../command-line/command.ts';
import { sendResultText } from '../text/java-text.ts';

const FILLER = 'hello jodie';

export const command: Command = {
  name: 'sendMsgStatus',
  options: [
    required('b', 'brokerName', 'Broker Name'),
    option('s', 'messageSize', 'Message Size, Default: 128'),
    option('c', 'count', 'send message count, Default: 50'),
  ],
  async run({ options, admin, report, platform }) {
    const topic = options.text('b');
    const message = (sizeBytes: number) => ({
      topic,
      body: Buffer.from(FILLER.repeat(Math.ceil(sizeBytes / FILLER.length))),
    });
    const sizeBytes = options.integer('s', 128, 1);
    await admin.sendMessage(message(16));
    for (let i = 0; i < options.integer('c', 50); i++) {
      const beginMs = platform.clock.monotonicMs();
      const result = await admin.sendMessage(message(sizeBytes));
      const rtMs = Math.round(platform.clock.monotonicMs() - beginMs);
      report.printf('rt:%dms, SendResult=%s', rtMs, sendResultText(result));
      report.item({ rtMs, ...result });
      checkStored(result);
    }
  },
};
