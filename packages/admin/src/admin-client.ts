/**
 * The typed admin API: everything of RocketMQ's DefaultMQAdminExt, under its names, as promises.
 *
 *     const admin = new AdminClient({ namesrvAddr: '127.0.0.1:9876' });
 *     const stats = await admin.examineConsumeStats('billing');
 *     await admin.close();
 *
 * This file adds what moves offsets and what follows messages. Counterpart: DefaultMQAdminExtImpl.
 */
import {
  type ConsumeMessageDirectlyResult,
  type ConsumerConnection,
  type GetConsumerStatusBody,
  MASTER_ID,
  type MessageExt,
  type MessageQueue,
  messageQueueKey,
  ResponseCode,
  retryTopic,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import { AdminAnswerError, AdminError, describeError, isAnswer } from './admin-error.ts';
import { selectBrokerAddr } from './cluster-admin.ts';
import { MessageAdmin } from './message-admin.ts';

/** What became of one queue's offset. */
export interface RollbackStats {
  readonly brokerName: string;
  readonly queueId: number;
  readonly brokerOffset: number;
  readonly consumerOffset: number;
  /** Where the asked-for time is. */
  readonly timestampOffset: number;
  /** Where the group is now. */
  readonly rollbackOffset: number;
}

export const TrackType = {
  CONSUMED: 'CONSUMED',
  CONSUMED_BUT_FILTERED: 'CONSUMED_BUT_FILTERED',
  PULL: 'PULL',
  NOT_CONSUME_YET: 'NOT_CONSUME_YET',
  NOT_ONLINE: 'NOT_ONLINE',
  UNKNOWN: 'UNKNOWN',
} as const;
export type TrackType = (typeof TrackType)[keyof typeof TrackType];

/** What one group did with a message. */
export interface MessageTrack {
  readonly consumerGroup: string;
  readonly trackType: TrackType;
  readonly exceptionDesc?: string | undefined;
}

/** One queue of a reset: where the group is, and where it goes. */
export interface PlannedOffset {
  readonly queue: MessageQueue;
  readonly brokerAddr: string;
  readonly brokerOffset: number;
  readonly consumerOffset: number;
  readonly timestampOffset: number;
}

/** As `updateTopic` makes topics: 8 queues, readable and writeable; `settings` say what is different. */
export function newTopicConfig(topicName: string, settings: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 8,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    ...settings,
  };
}

export class AdminClient extends MessageAdmin {
  /** On every broker that has the template topic `key`, as `DefaultMQAdminExt.createTopic`. */
  async createTopic(key: string, newTopic: string, queueNum: number, topicSysFlag = 0): Promise<void> {
    const config = newTopicConfig(newTopic, {
      readQueueNums: queueNum,
      writeQueueNums: queueNum,
      topicSysFlag,
    });
    for (const { brokerAddrs } of (await this.examineTopicRouteInfo(key)).brokerDatas) {
      const master = brokerAddrs.get(MASTER_ID);
      if (master !== undefined) await this.createAndUpdateTopicConfig(master, config);
    }
  }

  /**
   * Has every online member of the group go to where `timestamp` is; -1 is the end. Without `isForce`, queues that are
   * before that time already stay. Rejects with AdminAnswerError CONSUMER_NOT_ONLINE when nobody is online.
   */
  async resetOffsetByTimestamp(
    topic: string,
    group: string,
    timestamp: number,
    isForce: boolean,
    cplus = false,
  ): Promise<Map<MessageQueue, number>> {
    const result = new Map<MessageQueue, number>();
    for (const data of (await this.examineTopicRouteInfo(topic)).brokerDatas) {
      const address = selectBrokerAddr(data);
      if (address === undefined) continue;
      const offsets = await this.invokeBrokerToResetOffset(address, topic, group, timestamp, isForce, cplus);
      for (const [queue, offset] of offsets) result.set(queue, offset);
    }
    return result;
  }

  /** For a group that is not online: writes the offsets that it will start from. */
  async resetOffsetByTimestampOld(
    group: string,
    topic: string,
    timestamp: number,
    force: boolean,
  ): Promise<RollbackStats[]> {
    const result: RollbackStats[] = [];
    for (const plan of await this.planReset(group, topic, timestamp)) {
      const { queue, brokerAddr, brokerOffset, consumerOffset, timestampOffset } = plan;
      const moves = force || timestampOffset <= consumerOffset;
      if (moves) await this.updateConsumeOffset(brokerAddr, group, queue, timestampOffset);
      result.push({
        brokerName: queue.brokerName,
        queueId: queue.queueId,
        brokerOffset,
        consumerOffset,
        timestampOffset,
        rollbackOffset: moves ? timestampOffset : consumerOffset,
      });
    }
    return result;
  }

  /** By force, whether the group is online or not. */
  async resetOffsetNew(group: string, topic: string, timestamp: number): Promise<void> {
    try {
      await this.resetOffsetByTimestamp(topic, group, timestamp, true);
    } catch (error) {
      if (!isAnswer(error, ResponseCode.CONSUMER_NOT_ONLINE)) throw error;
      await this.resetOffsetByTimestampOld(group, topic, timestamp, true);
    }
  }

  /** What a reset to `timestamp` would do to each queue; changes nothing. A queue never consumed counts from its start. */
  async planReset(group: string, topic: string, timestamp: number): Promise<PlannedOffset[]> {
    const plans: PlannedOffset[] = [];
    for (const data of (await this.examineTopicRouteInfo(topic)).brokerDatas) {
      const brokerAddr = selectBrokerAddr(data);
      if (brokerAddr === undefined) continue;
      const consumed = (await this.getConsumeStats(brokerAddr, group, topic)).offsetTable;
      const offsetOf = new Map([...consumed].map(([queue, offsets]) => [messageQueueKey(queue), offsets]));
      for (const [queue, topicOffset] of (await this.getTopicStatsInfo(brokerAddr, topic)).offsetTable) {
        const known = offsetOf.get(messageQueueKey(queue));
        if (offsetOf.size > 0 && known === undefined) continue;
        const timestampOffset =
          timestamp === -1
            ? await this.maxOffsetOnBroker(brokerAddr, queue)
            : await this.searchOffsetOnBroker(brokerAddr, queue, timestamp);
        plans.push({
          queue,
          brokerAddr,
          brokerOffset: known?.brokerOffset ?? topicOffset.maxOffset,
          consumerOffset: known?.consumerOffset ?? topicOffset.minOffset,
          timestampOffset,
        });
      }
    }
    return plans;
  }

  /** What the group's members say they have consumed to; `clientAddr` picks one client id. */
  async getConsumeStatus(
    topic: string,
    group: string,
    clientAddr: string,
  ): Promise<GetConsumerStatusBody['consumerTable']> {
    const [data] = (await this.examineTopicRouteInfo(topic)).brokerDatas;
    const address = data && selectBrokerAddr(data);
    if (address === undefined) return new Map();
    return (await this.invokeBrokerToGetConsumerStatus(address, topic, group, clientAddr)).consumerTable;
  }

  /** On every broker of the source group (code 314). */
  async cloneGroupOffset(
    srcGroup: string,
    destGroup: string,
    topic: string,
    isOffline: boolean,
  ): Promise<void> {
    for (const data of (await this.examineTopicRouteInfo(retryTopic(srcGroup))).brokerDatas) {
      const address = selectBrokerAddr(data);
      if (address !== undefined)
        await this.cloneGroupOffsetOnBroker(address, srcGroup, destGroup, topic, isOffline);
    }
  }

  /** Has one online client consume a stored message again, now. The message is named by offset id or unique key. */
  async consumeMessageDirectly(
    group: string,
    clientId: string,
    msgId: string,
    topic?: string,
  ): Promise<ConsumeMessageDirectlyResult> {
    const message = await this.viewMessage(msgId, topic);
    return this.consumeMessageDirectlyOnBroker(message.storeHost, group, clientId, message.offsetMsgId);
  }

  /** What every group that consumes the message's topic did with it. Never rejects for one group. */
  async messageTrackDetail(message: MessageExt): Promise<MessageTrack[]> {
    const tracks: MessageTrack[] = [];
    for (const consumerGroup of await this.queryTopicConsumeByWho(message.topic)) {
      try {
        tracks.push({ consumerGroup, trackType: await this.#track(message, consumerGroup) });
      } catch (error) {
        const trackType = isAnswer(error, ResponseCode.CONSUMER_NOT_ONLINE)
          ? TrackType.NOT_ONLINE
          : TrackType.UNKNOWN;
        tracks.push({ consumerGroup, trackType, exceptionDesc: exceptionDesc(error) });
      }
    }
    return tracks;
  }

  async #track(message: MessageExt, group: string): Promise<TrackType> {
    const connection = await this.examineConsumerConnectionInfo(group);
    if (connection.consumeType === 'CONSUME_ACTIVELY') return TrackType.PULL;
    if (!(await this.#hasConsumed(message, group))) return TrackType.NOT_CONSUME_YET;
    return filtersOut(connection, message) ? TrackType.CONSUMED_BUT_FILTERED : TrackType.CONSUMED;
  }

  async #hasConsumed(message: MessageExt, group: string): Promise<boolean> {
    const { offsetTable } = await this.examineConsumeStats(group);
    const { brokerAddrTable } = await this.examineBrokerClusterInfo();
    for (const [queue, { consumerOffset }] of offsetTable) {
      if (queue.topic !== message.topic || queue.queueId !== message.queueId) continue;
      if (brokerAddrTable.get(queue.brokerName)?.brokerAddrs.get(MASTER_ID) !== message.storeHost) continue;
      if (consumerOffset > message.queueOffset) return true;
    }
    return false;
  }
}

function filtersOut({ subscriptionTable }: ConsumerConnection, message: MessageExt): boolean {
  const tags = subscriptionTable.get(message.topic)?.tagsSet ?? [];
  if (tags.length === 0 || tags.includes('*')) return false;
  return !tags.includes(message.properties.get('TAGS') ?? '');
}

/** As 4.4.0 words it. */
function exceptionDesc(error: unknown): string {
  if (error instanceof AdminAnswerError) return `CODE:${error.responseCode} DESC:${error.remark}`;
  if (error instanceof AdminError) return `CODE:${error.code} DESC:${error.message}`;
  return describeError(error);
}
