/** `cleanExpiredCQ`: has brokers drop queue files of what is gone from the log. Counterpart: CleanExpiredCQSubCommand. */
import type { AdminClient } from '../admin-client.ts';
import { cleaningCommand } from '../command-line/cleaning.ts';

export const command = cleaningCommand({
  name: 'cleanExpiredCQ',
  cluster: 'clustername',
  clean: (admin, brokerAddr) => admin.cleanExpiredConsumerQueueByAddr(brokerAddr),
  async preview(admin, brokerAddr) {
    const queues = await expiredQueues(admin, brokerAddr);
    const names = queues.map(({ topic, queueId }) => `${topic}:${queueId}`).join(', ');
    const text = `${queues.length} queues whose last message has left the log${names && `: ${names}`}`;
    return { text, value: { queues } };
  },
});

/** Of topics that the broker has settings for: queues that have had messages, the last of which cannot be read any more. */
async function expiredQueues(admin: AdminClient, brokerAddr: string) {
  const queues = [];
  for (const topic of [...(await admin.getAllTopicGroup(brokerAddr)).topicConfigTable.keys()].sort()) {
    for (const [{ queueId }, offsets] of (await admin.getTopicStatsInfo(brokerAddr, topic)).offsetTable) {
      const { minOffset, maxOffset, lastUpdateTimestamp } = offsets;
      if (maxOffset > 0 && lastUpdateTimestamp <= 0) queues.push({ topic, queueId, minOffset, maxOffset });
    }
  }
  return queues;
}
