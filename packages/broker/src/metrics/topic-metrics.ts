/**
 * Figures of topics and of producers: `rocketmq_producer_*`, `rocketmq_topic_*_offset`. Names and labels of the official
 * rocketmq-exporter, which tells rates of neither retry nor dead-letter topics.
 */
import { DLQ_TOPIC_PREFIX, isDlqTopic, isRetryTopic } from '@rocketmq-ts/protocol';
import { StatsName } from '../stats/broker-statistics.ts';
import { TopicKind } from '../topic-kind.ts';
import { rounded } from './broker-metrics.ts';
import type { Exposition } from './exposition.ts';
import type { MetricsSource } from './metrics-source.ts';

const TOPIC_LABELS = ['cluster', 'broker', 'topic'];
const GROUP_LABELS = ['cluster', 'broker', 'group'];

export async function addTopicMetrics(out: Exposition, { control }: MetricsSource): Promise<void> {
  const { settings, store, topics, producers } = control;
  const here = [settings.brokerClusterName, settings.brokerName];
  const offset = out.family('rocketmq_producer_offset', 'Messages ever stored of a topic', TOPIC_LABELS);
  const retry = out.family('rocketmq_topic_retry_offset', 'Messages ever sent back', TOPIC_LABELS);
  const dead = out.family('rocketmq_topic_dlq_offset', 'Messages ever given up by a group', GROUP_LABELS);
  for (const { name, kind, config } of [...topics.entries()]) {
    let stored = 0;
    for (let queueId = 0; queueId < config.writeQueueNums; queueId++) {
      stored += Math.max(0, store.maxOffset(name, queueId));
    }
    if (kind === TopicKind.retry) retry.add([...here, name], stored);
    else if (kind === TopicKind.deadLetter) dead.add([...here, name.slice(DLQ_TOPIC_PREFIX.length)], stored);
    else offset.add([...here, name], stored);
    await out.breathe(config.writeQueueNums);
  }
  const count = out.family('rocketmq_producer_count', 'Producers that are connected', GROUP_LABELS);
  for (const [group, size] of producers.sizes()) count.add([...here, group], size);
}

export async function addTopicRates(out: Exposition, { control }: MetricsSource): Promise<void> {
  const { settings, statistics } = control;
  const families = [
    ['rocketmq_producer_tps', 'Messages stored per second', StatsName.TOPIC_PUT_NUMS],
    ['rocketmq_producer_message_size', 'Bytes stored per second', StatsName.TOPIC_PUT_SIZE],
  ] as const;
  for (const [name, help, statistic] of families) {
    const family = out.family(name, help, TOPIC_LABELS);
    for (const [topic, minute] of statistics.lastMinutes(statistic)) {
      if (isRetryTopic(topic) || isDlqTopic(topic)) continue;
      family.add([settings.brokerClusterName, settings.brokerName, topic], rounded(minute.tps));
    }
    await out.breathe();
  }
}

export async function addGroupRates(out: Exposition, { control }: MetricsSource): Promise<void> {
  const { settings, statistics } = control;
  const labels = ['cluster', 'broker', 'topic', 'group'];
  const families = [
    ['rocketmq_consumer_tps', 'Messages got per second', StatsName.GROUP_GET_NUMS, 'tps'],
    ['rocketmq_consumer_message_size', 'Bytes got per second', StatsName.GROUP_GET_SIZE, 'tps'],
    ['rocketmq_send_back_nums', 'Messages sent back in the last minute', StatsName.SNDBCK_PUT_NUMS, 'sum'],
  ] as const;
  for (const [name, help, statistic, figure] of families) {
    const family = out.family(name, help, labels);
    for (const [key, minute] of statistics.lastMinutes(statistic)) {
      const at = key.lastIndexOf('@');
      const topic = key.slice(0, at);
      if (isRetryTopic(topic) || isDlqTopic(topic)) continue;
      const values = [settings.brokerClusterName, settings.brokerName, topic, key.slice(at + 1)];
      family.add(values, rounded(minute[figure]));
    }
    await out.breathe();
  }
}
