/** Thread pools, their queues and fast failure (RocketMQ: BrokerConfig). One event loop here: pools have no counterpart. */
import { bool, int, long } from '../config-key.ts';

const none = { effect: 'none', change: 'live' } as const;
const pool = { ...none, min: 0 } as const;

export const threadKeys = {
  sendMessageThreadPoolNums: int(1, pool),
  pullMessageThreadPoolNums: int((host) => 16 + 2 * host.cpuCount, pool),
  queryMessageThreadPoolNums: int((host) => 8 + host.cpuCount, pool),
  adminBrokerThreadPoolNums: int(16, pool),
  clientManageThreadPoolNums: int(32, pool),
  consumerManageThreadPoolNums: int(32, pool),
  heartbeatThreadPoolNums: int((host) => Math.min(32, host.cpuCount), pool),
  endTransactionThreadPoolNums: int((host) => 8 + 2 * host.cpuCount, pool),
  sendThreadPoolQueueCapacity: int(10_000, { min: 1, effect: 'mapped', change: 'live' }),
  pullThreadPoolQueueCapacity: int(100_000, { min: 1, effect: 'mapped', change: 'live' }),
  queryThreadPoolQueueCapacity: int(20_000, none),
  clientManagerThreadPoolQueueCapacity: int(1_000_000, none),
  consumerManagerThreadPoolQueueCapacity: int(1_000_000, none),
  heartbeatThreadPoolQueueCapacity: int(50_000, none),
  endTransactionPoolQueueCapacity: int(100_000, none),
  brokerFastFailureEnable: bool(true, none),
  waitTimeMillsInSendQueue: long(200, { unit: 'ms', ...none }),
  waitTimeMillsInPullQueue: long(5_000, { unit: 'ms', ...none }),
  waitTimeMillsInHeartbeatQueue: long(31_000, { unit: 'ms', ...none }),
  waitTimeMillsInTransactionQueue: long(3_000, { unit: 'ms', ...none }),
};
