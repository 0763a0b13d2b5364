/** Topics, consumer groups and their registration with name servers (RocketMQ: BrokerConfig). */
import { bool, int, text } from '../config-key.ts';

export const topicKeys = {
  autoCreateTopicEnable: bool(true, { important: true, change: 'live' }),
  defaultTopicQueueNums: int(8, { min: 1, max: 65535, change: 'restart' }),
  clusterTopicEnable: bool(true, { change: 'restart' }),
  brokerTopicEnable: bool(true, { change: 'restart' }),
  autoCreateSubscriptionGroup: bool(true, { important: true, change: 'live' }),
  msgTraceTopicName: text('RMQ_SYS_TRACE_TOPIC', {
    important: true,
    allowed: '1 to 127 of the characters a-z A-Z 0-9 _ - % |',
    test: (value) => /^[%|a-zA-Z0-9_-]{1,127}$/.test(value),
  }),
  traceTopicEnable: bool(false, { important: true, change: 'restart' }),
  traceOn: bool(true, { change: 'live' }),
  registerNameServerPeriod: int(30_000, { unit: 'ms', clampTo: [10_000, 60_000], change: 'live' }),
  registerBrokerTimeoutMills: int(6_000, { unit: 'ms', min: 1, change: 'live' }),
  forceRegister: bool(true, { change: 'live' }),
  compressedRegister: bool(false, { change: 'live' }),
  notifyConsumerIdsChangedEnable: bool(true, { change: 'live' }),
};
