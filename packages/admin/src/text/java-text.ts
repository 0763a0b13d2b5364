/**
 * RocketMQ's objects as Java's `toString` prints them, since scripts read mqadmin's output.
 *
 * Properties of a message come in the order of Java's HashMap: by bucket (the hash spread, modulo the table's size, which
 * doubles at three quarters full), within a bucket as they were put in.
 */
import {
  type ConsumeMessageDirectlyResult,
  type ConsumeQueueData,
  javaHashCode,
  type MessageExt,
  type MessageQueue,
  type ProcessQueueInfo,
  PropertyKey,
  permName,
  type SubscriptionGroupConfig,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import type { MessageTrack } from '../admin-client.ts';
import type { AdminSendResult } from '../message-admin.ts';
import { compactTime } from './date-text.ts';

export function topicConfigText(config: TopicConfig): string {
  return `TopicConfig ${fields({
    topicName: config.topicName,
    readQueueNums: config.readQueueNums,
    writeQueueNums: config.writeQueueNums,
    perm: permName(config.perm),
    topicFilterType: config.topicFilterType,
    topicSysFlag: config.topicSysFlag,
    order: config.order,
  })}`;
}

export function groupConfigText(config: SubscriptionGroupConfig): string {
  const { groupName, consumeEnable, consumeFromMinEnable, consumeBroadcastEnable, retryQueueNums } = config;
  const { retryMaxTimes, brokerId, whichBrokerWhenConsumeSlowly, notifyConsumerIdsChangedEnable } = config;
  return `SubscriptionGroupConfig ${fields({
    groupName,
    consumeEnable,
    consumeFromMinEnable,
    consumeBroadcastEnable,
    retryQueueNums,
    retryMaxTimes,
    brokerId,
    whichBrokerWhenConsumeSlowly,
    notifyConsumerIdsChangedEnable,
  })}`;
}

export function queueText({ topic, brokerName, queueId }: MessageQueue): string {
  return `MessageQueue ${fields({ topic, brokerName, queueId })}`;
}

export function sendResultText(result: AdminSendResult): string {
  const { sendStatus, msgId, offsetMsgId, messageQueue, queueOffset } = result;
  return `SendResult ${fields({ sendStatus, msgId, offsetMsgId, messageQueue: queueText(messageQueue), queueOffset })}`;
}

export function trackText({ consumerGroup, trackType, exceptionDesc }: MessageTrack): string {
  return `MessageTrack ${fields({ consumerGroup, trackType, exceptionDesc })}`;
}

export function directResultText(result: ConsumeMessageDirectlyResult): string {
  const { order, autoCommit, consumeResult, remark, spentTimeMills } = result;
  return `ConsumeMessageDirectlyResult ${fields({ order, autoCommit, consumeResult, remark, spentTimeMills })}`;
}

export function consumeQueueText(data: ConsumeQueueData): string {
  return (
    `ConsumeQueueData{physicOffset=${data.physicOffset}, physicSize=${data.physicSize}, tagsCode=${data.tagsCode}, ` +
    `extendDataJson='${data.extendDataJson ?? null}', bitMap='${data.bitMap ?? null}', eval=${data.eval}, ` +
    `msg='${data.msg ?? null}'}`
  );
}

export function processQueueText(info: ProcessQueueInfo): string {
  return `ProcessQueueInfo ${fields({
    commitOffset: info.commitOffset,
    cachedMsgMinOffset: info.cachedMsgMinOffset,
    cachedMsgMaxOffset: info.cachedMsgMaxOffset,
    cachedMsgCount: info.cachedMsgCount,
    cachedMsgSizeInMiB: info.cachedMsgSizeInMiB,
    transactionMsgMinOffset: info.transactionMsgMinOffset,
    transactionMsgMaxOffset: info.transactionMsgMaxOffset,
    transactionMsgCount: info.transactionMsgCount,
    locked: info.locked,
    tryUnlockTimes: info.tryUnlockTimes,
    lastLockTimestamp: compactTime(info.lastLockTimestamp),
    droped: info.droped,
    lastPullTimestamp: compactTime(info.lastPullTimestamp),
    lastConsumeTimestamp: compactTime(info.lastConsumeTimestamp),
  })}`;
}

export function messageText(message: MessageExt): string {
  const prepared = message.properties.get(PropertyKey.TRAN_MSG)?.toLowerCase() === 'true';
  const transactionId = prepared ? message.properties.get(PropertyKey.UNIQ_KEY) : null;
  const body = Array.from(message.body, (byte) => (byte << 24) >> 24).join(', ');
  return `MessageExt ${fields({
    queueId: message.queueId,
    storeSize: message.storeSize,
    queueOffset: message.queueOffset,
    sysFlag: message.sysFlag,
    bornTimestamp: message.bornTimestamp,
    bornHost: `/${message.bornHost}`,
    storeTimestamp: message.storeTimestamp,
    storeHost: `/${message.storeHost}`,
    msgId: message.offsetMsgId,
    commitLogOffset: message.commitLogOffset,
    bodyCRC: message.bodyCRC,
    reconsumeTimes: message.reconsumeTimes,
    preparedTransactionOffset: message.preparedTransactionOffset,
    'toString()': `Message{topic='${message.topic}', flag=${message.flag}, properties=${mapText(message.properties)}, body=[${body}], transactionId='${transactionId}'}`,
  })}`;
}

/** `{name=value, name=value}` in the order of Java's HashMap. */
export function mapText(map: ReadonlyMap<string, string>): string {
  return `{${inHashMapOrder([...map.keys()])
    .map((key) => `${key}=${map.get(key)}`)
    .join(', ')}}`;
}

export function inHashMapOrder(keys: readonly string[]): string[] {
  let size = 16;
  while (keys.length > size * 0.75) size *= 2;
  const bucket = (key: string): number => {
    const hash = javaHashCode(key);
    return (hash ^ (hash >>> 16)) & (size - 1);
  };
  return [...keys].sort((a, b) => bucket(a) - bucket(b));
}

function fields(values: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const items = Object.entries(values).map(([name, value]) => `${name}=${value ?? null}`);
  return `[${items.join(', ')}]`;
}
