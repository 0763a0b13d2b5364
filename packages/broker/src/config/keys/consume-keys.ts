/** Consumption, filtering, offsets, transactions, access control (RocketMQ: BrokerConfig). */
import { bool, int, long } from '../config-key.ts';

const none = { effect: 'none', change: 'live' } as const;

export const consumeKeys = {
  longPollingEnable: bool(true, { change: 'live' }),
  shortPollingTimeMills: long(1_000, { unit: 'ms', min: 1, max: 2_147_483_647, change: 'live' }),
  slaveReadEnable: bool(false, { change: 'live' }),
  disableConsumeIfConsumerReadSlowly: bool(false, { change: 'live' }),
  consumerFallbehindThreshold: long(17_179_869_184, { unit: 'bytes', change: 'live' }),
  flushConsumerOffsetInterval: int(5_000, { unit: 'ms', min: 1, change: 'live' }),
  flushConsumerOffsetHistoryInterval: int(60_000, { unit: 'ms', ...none }),
  enablePropertyFilter: bool(false, { change: 'live' }),
  filterSupportRetry: bool(false, { change: 'live' }),
  enableCalcFilterBitMap: bool(false, none),
  expectConsumerNumUseFilter: int(32, none),
  maxErrorRateOfBloomFilter: int(20, { unit: '%', ...none }),
  filterDataCleanTimeSpan: long(86_400_000, { unit: 'ms', ...none }),
  filterServerNums: int(0, none),
  maxDelayTime: int(40, none),
  highSpeedMode: bool(false, none),
  commercialEnable: bool(true, none),
  commercialTimerCount: int(1, none),
  commercialTransCount: int(1, none),
  commercialBigCount: int(1, none),
  commercialBaseCount: int(1, none),
  rejectTransactionMessage: bool(false, { important: true, change: 'live' }),
  transactionTimeOut: long(6_000, { important: true, unit: 'ms', change: 'live' }),
  transactionCheckMax: int(15, { important: true, change: 'live' }),
  transactionCheckInterval: long(60_000, {
    important: true,
    unit: 'ms',
    min: 1,
    max: 2_147_483_647,
    change: 'live',
  }),
  aclEnable: bool(false, { important: true }),
};
