/** The topics every broker has before topics.json is read. Behaviour from RocketMQ's TopicConfigManager. */
import {
  BENCHMARK_TOPIC,
  DEFAULT_TOPIC,
  OFFSET_MOVED_EVENT,
  SELF_TEST_TOPIC,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import type { ConfigValues } from '../config/config-keys.ts';

export const PERM_INHERIT = 1;
export const PERM_WRITE = 2;
export const PERM_READ = 4;

export function newTopicConfig(topicName: string, given: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 16,
    writeQueueNums: 16,
    perm: PERM_READ | PERM_WRITE,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    ...given,
  };
}

export function builtInTopics(config: ConfigValues): TopicConfig[] {
  const one = { readQueueNums: 1, writeQueueNums: 1 };
  const open = PERM_INHERIT | PERM_READ | PERM_WRITE;
  const topics = [newTopicConfig(SELF_TEST_TOPIC, one)];
  if (config.autoCreateTopicEnable) {
    const queues = config.defaultTopicQueueNums;
    topics.push(newTopicConfig(DEFAULT_TOPIC, { readQueueNums: queues, writeQueueNums: queues, perm: open }));
  }
  topics.push(newTopicConfig(BENCHMARK_TOPIC, { readQueueNums: 1024, writeQueueNums: 1024 }));
  topics.push(
    newTopicConfig(config.brokerClusterName, { perm: config.clusterTopicEnable ? open : PERM_INHERIT }),
    newTopicConfig(config.brokerName, { ...one, perm: config.brokerTopicEnable ? open : PERM_INHERIT }),
    newTopicConfig(OFFSET_MOVED_EVENT, one),
  );
  if (config.traceTopicEnable) topics.push(newTopicConfig(config.msgTraceTopicName, one));
  return topics;
}
