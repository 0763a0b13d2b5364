/** `checkMsgSendRT`: how long sends to each queue of a topic take. Counterpart: CheckMsgSendRTCommand. */
import { AdminError, describeError } from '../admin-error.ts';
import { type Command, option, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'checkMsgSendRT',
  options: [
    required('t', 'topic', 'topic name'),
    option('a', 'amout', 'message amout | default 100'),
    required('s', 'size', 'message size | default 128 Byte'),
  ],
  async run({ options, admin, report, platform }) {
    const topic = options.text('t');
    const amount = options.integer('a', 100, 1);
    const message = { topic, body: Buffer.alloc(options.integer('s', 128, 1), 'a') };
    const queues = await admin.fetchPublishMessageQueues(topic);
    const format = '%-32s  %-4s  %-20s    %s%n';
    report.printf(format, '#Broker Name', '#QID', '#Send Result', '#RT');
    let elapsedMs = 0;
    let failure: unknown;
    let failed = 0;
    for (let i = 0; i < amount; i++) {
      const queue = queues[i % queues.length] as (typeof queues)[number];
      const startMs = platform.clock.monotonicMs();
      let sent = true;
      try {
        await admin.sendMessage(message, queue);
      } catch (error) {
        sent = false;
        failed++;
        failure ??= error;
      }
      const rtMs = Math.round(platform.clock.monotonicMs() - startMs);
      if (i !== 0) elapsedMs += rtMs;
      report.printf(format, queue.brokerName, queue.queueId, sent, rtMs);
      report.item({ ...queue, sent, rtMs });
    }
    if (amount > 1) report.printf('Avg RT: %.2f%n', elapsedMs / (amount - 1));
    if (failed === 0) return;
    const text = `${failed} of ${amount} sends failed, the first: ${describeError(failure)}`;
    throw new AdminError('ADMIN_PARTLY_FAILED', text, failure);
  },
};
