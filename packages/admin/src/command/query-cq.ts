/** `queryCq`: the entries of a consume queue. Counterpart: QueryConsumeQueueCommand. */
import { encodeSubscriptionData, MASTER_ID } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { type Command, option, required } from '../command-line/command.ts';
import { consumeQueueText } from '../text/java-text.ts';

const RULE = '======================================\n';

export const command: Command = {
  name: 'queryCq',
  options: [
    required('t', 'topic', 'topic name'),
    required('q', 'queue', 'queue num, ie. 1'),
    required('i', 'index', 'start queue index.'),
    option('c', 'count', 'how many.'),
    option('b', 'broker', 'broker addr.'),
    option('g', 'consumer', 'consumer group.'),
  ],
  async run({ options, admin, report }) {
    const topic = options.text('t');
    const index = options.integer('i', 0);
    let broker = options.optional('b');
    if (broker === undefined) {
      const { brokerDatas } = await admin.examineTopicRouteInfo(topic);
      broker = brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(MASTER_ID) ?? [])[0];
      if (broker === undefined) throw new AdminError('ADMIN_NOT_FOUND', `topic ${topic} is on no master`);
    }
    const count = options.integer('c', 10, 1);
    const queueId = options.integer('q', 0);
    const found = await admin.queryConsumeQueue(broker, topic, queueId, index, count, options.optional('g'));
    const { subscriptionData, filterData, maxQueueIndex, minQueueIndex, queueData = [] } = found;
    if (subscriptionData !== undefined) {
      const json = encodeSubscriptionData(subscriptionData, { pretty: true }).toString();
      report.text(`Subscription data: \n${json}\n${RULE}`);
    }
    if (filterData !== undefined) report.text(`Filter data: \n${filterData}\n${RULE}`);
    report.text(`Queue data: \nmax: ${maxQueueIndex}, min: ${minQueueIndex}\n${RULE}`);
    for (const [i, data] of queueData.entries())
      report.text(`idx: ${index + i}\n${consumeQueueText(data)}\n${RULE}`);
    report.value(found);
  },
};
