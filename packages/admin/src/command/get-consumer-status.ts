/** `getConsumerStatus`: the offsets that a group's members say they are at. In 4.4.0's sources, not among its commands. */
import { type Command, option, required } from '../command-line/command.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'getConsumerStatus',
  options: [
    required('g', 'group', 'set the consumer group'),
    required('t', 'topic', 'set the topic'),
    option('i', 'originClientId', 'set the consumer clientId'),
  ],
  async run({ options, admin, report }) {
    const [group, topic, client] = [options.text('g'), options.text('t'), options.optional('i') ?? ''];
    const clients = await admin.getConsumeStatus(topic, group, client);
    const words = 'get consumer status from client. group=%s, topic=%s, originClientId=%s%n';
    report.printf(words, group, topic, client);
    report.printf('%-50s  %-15s  %-15s  %-20s%n', '#clientId', '#brokerName', '#queueId', '#offset');
    for (const [clientId, offsets] of clients) {
      for (const [{ brokerName, queueId }, offset] of offsets)
        report.printf('%-50s  %-15s  %-15d  %-20d%n', front(clientId, 50), brokerName, queueId, offset);
    }
    report.value(Object.fromEntries([...clients].map(([client, queues]) => [client, { queues }])));
  },
};
