/** `allocateMQ`: which queues each of these clients would get. Counterpart: AllocateMQSubCommand. */
import { stringifyFastjson } from '@rocketmq-ts/protocol';
import { type Command, required } from '../command-line/command.ts';
import { inHashMapOrder } from '../text/java-text.ts';

export const command: Command = {
  name: 'allocateMQ',
  options: [required('t', 'topic', 'topic name'), required('i', 'ipList', 'ipList')],
  async run({ options, admin, report }) {
    const ips = options.text('i').split(',');
    const queues = await admin.fetchSubscribeMessageQueues(options.text('t'));
    const { AllocateMessageQueueAveragely, MessageQueue } = await import('@rocketmq-ts/client');
    const strategy = new AllocateMessageQueueAveragely();
    const all = queues.map((queue) => MessageQueue.from(queue));
    const result = new Map(
      inHashMapOrder(ips).map((ip) => [
        ip,
        strategy.allocate('aa', ip, all, ips).map((queue) => queue.toJSON()),
      ]),
    );
    report.line(
      stringifyFastjson({
        result: new Map([...result].map(([ip, mine]) => [ip, mine.map((each) => ({ ...each }))])),
      }),
    );
    report.value({ result });
  },
};
