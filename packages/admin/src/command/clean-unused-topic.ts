/**
 * `cleanUnusedTopic`: has brokers drop queues of topics that they no longer have. Counterpart: CleanUnusedTopicCommand,
 * whose -c is taken for an address.
 */
import { cleaningCommand } from '../command-line/cleaning.ts';

export const command = cleaningCommand({
  name: 'cleanUnusedTopic',
  cluster: 'cluster name',
  clean: (admin, brokerAddr) => admin.cleanUnusedTopicByAddr(brokerAddr),
  async preview(admin, brokerAddr) {
    const kept = new Set((await admin.getAllTopicGroup(brokerAddr)).topicConfigTable.keys());
    const { offsetTable } = await admin.getAllConsumerOffset(brokerAddr);
    const consumed = [...offsetTable.keys()].map((key) => key.slice(0, key.lastIndexOf('@')));
    const topics = [...new Set(consumed)].filter((topic) => !kept.has(topic)).sort();
    const known =
      topics.length === 0
        ? 'none of them was consumed'
        : `of those these were consumed: ${topics.join(', ')}`;
    const text = `the queues of all topics but the ${kept.size} that it has; ${known}`;
    return { text, value: { keptTopics: kept.size, topics } };
  },
});
