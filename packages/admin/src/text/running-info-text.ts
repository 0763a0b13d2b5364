/** What a consumer tells about itself, as 4.4.0 prints it, and what can be concluded from it. Counterpart: ConsumerRunningInfo. */
import {
  type ConsumerRunningInfo,
  compareMessageQueues,
  RunningInfoProperty,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { processQueueText, queueText } from './java-text.ts';
import { printf } from './printf.ts';

const STARTED_MS = 2 * 60_000;
const BLOCKED_MS = 60_000;

export function runningInfoText(info: ConsumerRunningInfo): string {
  const queues = [...info.mqTable].sort(([a], [b]) => compareMessageQueues(a, b));
  let text = '#Consumer Properties#\n';
  for (const [key, value] of [...info.properties].sort(byKey)) text += printf('%-40s: %s%n', key, value);
  text += '\n\n#Consumer Subscription#\n';
  for (const [index, data] of sortedSubscriptions(info).entries()) {
    const { topic, classFilterMode, subString } = data;
    const format = '%03d Topic: %-40s ClassFilter: %-8s SubExpression: %s%n';
    text += printf(format, index + 1, topic, classFilterMode, subString);
  }
  text += '\n\n#Consumer Offset#\n';
  const format = '%-32s  %-32s  %-4s  %-20s%n';
  text += printf(format, '#Topic', '#Broker Name', '#QID', '#Consumer Offset');
  for (const [{ topic, brokerName, queueId }, { commitOffset }] of queues)
    text += printf(format, topic, brokerName, queueId, commitOffset);
  text += '\n\n#Consumer MQ Detail#\n';
  text += printf(format, '#Topic', '#Broker Name', '#QID', '#ProcessQueueInfo');
  for (const [{ topic, brokerName, queueId }, each] of queues)
    text += printf('%-32s  %-32s  %-4d  %s%n', topic, brokerName, queueId, processQueueText(each));
  text += '\n\n#Consumer RT&TPS#\n';
  const heads = ['#Topic', '#Pull RT', '#Pull TPS', '#Consume RT', '#ConsumeOK TPS', '#ConsumeFailed TPS'];
  text += printf('%-32s  %14s %14s %14s %14s %18s %25s%n', ...heads, '#ConsumeFailedMsgsInHour');
  for (const [topic, status] of [...info.statusTable].sort(byKey)) {
    const { pullRT, pullTPS, consumeRT, consumeOKTPS, consumeFailedTPS, consumeFailedMsgs } = status;
    text += printf(
      '%-32s  %14.2f %14.2f %14.2f %14.2f %18.2f %25d%n',
      topic,
      pullRT,
      pullTPS,
      consumeRT,
      consumeOKTPS,
      consumeFailedTPS,
      consumeFailedMsgs,
    );
  }
  return info.jstack === undefined ? text : `${text}\n\n#Consumer jstack#\n${info.jstack}`;
}

/** Whether push consumers that have run for a while subscribe to the same. */
export function sameSubscriptions(infos: readonly ConsumerRunningInfo[], nowMs: number): boolean {
  const [first] = infos;
  if (first === undefined || !isPush(first)) return true;
  const startedMs = Number(first.properties.get(RunningInfoProperty.CONSUMER_START_TIMESTAMP));
  if (nowMs - startedMs <= STARTED_MS) return true;
  const expected = subscriptionKey(first);
  return expected !== '' && infos.every((info) => subscriptionKey(info) === expected);
}

/** Lines on queues that are not consumed or not locked as they should be. */
export function analyzeProcessQueue(clientId: string, info: ConsumerRunningInfo, nowMs: number): string {
  if (!isPush(info)) return '';
  const orderly = info.properties.get(RunningInfoProperty.CONSUME_ORDERLY)?.toLowerCase() === 'true';
  let text = '';
  for (const [queue, each] of [...info.mqTable].sort(([a], [b]) => compareMessageQueues(a, b))) {
    const subject = `${clientId} ${queueText(queue)}`;
    const idleMs = nowMs - each.lastConsumeTimestamp;
    if (orderly && !each.locked) {
      text += `${subject} can't lock for a while, ${nowMs - each.lastLockTimestamp}ms\n`;
    } else if (orderly && each.droped && each.tryUnlockTimes > 0) {
      text += `${subject} unlock ${each.tryUnlockTimes} times, still failed\n`;
    } else if (!orderly && idleMs > BLOCKED_MS && each.cachedMsgCount > 0) {
      text += `${subject} can't consume for a while, maybe blocked, ${idleMs}ms\n`;
    }
  }
  return text;
}

function isPush({ properties }: ConsumerRunningInfo): boolean {
  return properties.get(RunningInfoProperty.CONSUME_TYPE) === 'CONSUME_PASSIVELY';
}

function sortedSubscriptions({ subscriptionSet }: ConsumerRunningInfo): SubscriptionData[] {
  const key = ({ topic, subString }: SubscriptionData): string => `${topic}@${subString}`;
  return [...subscriptionSet].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function subscriptionKey(info: ConsumerRunningInfo): string {
  return sortedSubscriptions(info)
    .map(({ topic, subString, expressionType }) => `${topic}@${subString}@${expressionType}`)
    .join('\n');
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
