/**
 * What clients ask brokers for, but sends and pulls: one method per request code, with Java's timeouts.
 *
 * An answer other than success rejects with MQBrokerError; no answer with one of remoting's errors. Behaviour from
 * MQClientAPIImpl.
 */
import {
  type CheckClientRequestBody,
  decodeGetConsumerListByGroupResponseBody,
  decodeLockBatchResponseBody,
  ExtReader,
  encodeCheckClientRequestBody,
  encodeHeartbeatData,
  encodeLockBatchRequestBody,
  encodeUnlockBatchRequestBody,
  type HeartbeatData,
  type LockBatchRequestBody,
  type MessageExt,
  type MessageQueue,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import type { Command } from '@rocketmq-ts/remoting';
import { MQBrokerError } from '../errors.ts';
import { vipChannel } from './broker-addresses.ts';
import type { Requests } from './requests.ts';

const heartbeatTimeoutMs = 3000;
const listTimeoutMs = 3000;
const offsetTimeoutMs = 5000;
const lockTimeoutMs = 1000;
const sendBackTimeoutMs = 5000;
const adminTimeoutMs = 6000;

export interface SendBackRequest {
  readonly group: string;
  readonly message: MessageExt;
  readonly originTopic: string;
  /** 0: the broker chooses; below 0: to the dead-letter queue. */
  readonly delayLevel: number;
  readonly maxReconsumeTimes: number;
}

export class BrokerClient {
  readonly #requests: Requests;
  readonly #vip: boolean;

  constructor(requests: Requests, vipChannelEnabled: boolean) {
    this.#requests = requests;
    this.#vip = vipChannelEnabled;
  }

  /** The address sends go to. */
  channel(address: string): string {
    return vipChannel(this.#vip, address);
  }

  async heartbeat(address: string, data: HeartbeatData): Promise<void> {
    const command = { code: RequestCode.HEART_BEAT, body: encodeHeartbeatData(data) };
    await this.#call(address, command, heartbeatTimeoutMs);
  }

  async unregisterClient(
    address: string,
    clientID: string,
    group: { readonly producerGroup?: string; readonly consumerGroup?: string },
  ): Promise<void> {
    const command = { code: RequestCode.UNREGISTER_CLIENT, ext: { clientID, ...group } };
    await this.#call(address, command, heartbeatTimeoutMs);
  }

  async consumerIds(address: string, consumerGroup: string): Promise<string[]> {
    const command = { code: RequestCode.GET_CONSUMER_LIST_BY_GROUP, ext: { consumerGroup } };
    const response = await this.#call(this.channel(address), command, listTimeoutMs);
    return response.body === undefined
      ? []
      : decodeGetConsumerListByGroupResponseBody(response.body).consumerIdList;
  }

  /** Rejects with MQBrokerError QUERY_NOT_FOUND when the group has no offset there. */
  queryConsumerOffset(address: string, consumerGroup: string, queue: MessageQueue): Promise<number> {
    const ext = { consumerGroup, topic: queue.topic, queueId: queue.queueId };
    return this.#long(address, RequestCode.QUERY_CONSUMER_OFFSET, ext, 'offset', offsetTimeoutMs);
  }

  async updateConsumerOffset(
    address: string,
    consumerGroup: string,
    queue: MessageQueue,
    commitOffset: number,
    oneway: boolean,
  ): Promise<void> {
    const command = {
      code: RequestCode.UPDATE_CONSUMER_OFFSET,
      ext: { consumerGroup, topic: queue.topic, queueId: queue.queueId, commitOffset },
    };
    if (oneway) await this.#requests.oneway(this.channel(address), command);
    else await this.#call(this.channel(address), command, offsetTimeoutMs);
  }

  /** Resolves to those of the queues that this client now holds. */
  async lockBatch(address: string, request: LockBatchRequestBody): Promise<readonly MessageQueue[]> {
    const command = { code: RequestCode.LOCK_BATCH_MQ, body: encodeLockBatchRequestBody(request) };
    const response = await this.#call(this.channel(address), command, lockTimeoutMs);
    return response.body === undefined ? [] : decodeLockBatchResponseBody(response.body).lockOKMQSet;
  }

  async unlockBatch(address: string, request: LockBatchRequestBody, oneway: boolean): Promise<void> {
    const command = { code: RequestCode.UNLOCK_BATCH_MQ, body: encodeUnlockBatchRequestBody(request) };
    if (oneway) await this.#requests.oneway(address, command);
    else await this.#call(address, command, lockTimeoutMs);
  }

  maxOffset(address: string, queue: MessageQueue): Promise<number> {
    return this.#queueLong(address, RequestCode.GET_MAX_OFFSET, queue, 'offset');
  }

  minOffset(address: string, queue: MessageQueue): Promise<number> {
    return this.#queueLong(address, RequestCode.GET_MIN_OFFSET, queue, 'offset');
  }

  earliestMsgStoreTime(address: string, queue: MessageQueue): Promise<number> {
    return this.#queueLong(address, RequestCode.GET_EARLIEST_MSG_STORETIME, queue, 'timestamp');
  }

  searchOffset(address: string, queue: MessageQueue, timestamp: number): Promise<number> {
    const ext = { topic: queue.topic, queueId: queue.queueId, timestamp };
    return this.#long(address, RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, ext, 'offset', adminTimeoutMs);
  }

  async sendMessageBack(address: string, request: SendBackRequest): Promise<void> {
    const { message } = request;
    const command = {
      code: RequestCode.CONSUMER_SEND_MSG_BACK,
      ext: {
        offset: message.commitLogOffset,
        group: request.group,
        delayLevel: request.delayLevel,
        originMsgId: message.msgId,
        originTopic: request.originTopic,
        unitMode: false,
        maxReconsumeTimes: request.maxReconsumeTimes,
      },
    };
    await this.#call(this.channel(address), command, sendBackTimeoutMs);
  }

  async createTopic(address: string, defaultTopic: string, config: TopicConfig): Promise<void> {
    const command = {
      code: RequestCode.UPDATE_AND_CREATE_TOPIC,
      ext: {
        topic: config.topicName,
        defaultTopic,
        readQueueNums: config.readQueueNums,
        writeQueueNums: config.writeQueueNums,
        perm: config.perm,
        topicFilterType: config.topicFilterType,
        topicSysFlag: config.topicSysFlag,
        order: config.order,
      },
    };
    await this.#call(this.channel(address), command, adminTimeoutMs);
  }

  /** Rejects with the broker's words when it refuses the subscription. */
  async checkClient(address: string, body: CheckClientRequestBody): Promise<void> {
    const command = { code: RequestCode.CHECK_CLIENT_CONFIG, body: encodeCheckClientRequestBody(body) };
    await this.#call(this.channel(address), command, listTimeoutMs);
  }

  #queueLong(address: string, code: number, queue: MessageQueue, field: string): Promise<number> {
    return this.#long(address, code, { topic: queue.topic, queueId: queue.queueId }, field, adminTimeoutMs);
  }

  async #long(
    address: string,
    code: number,
    ext: Readonly<Record<string, string | number>>,
    field: string,
    timeoutMs: number,
  ): Promise<number> {
    const response = await this.#call(this.channel(address), { code, ext }, timeoutMs);
    return new ExtReader(code, response.ext).long(field);
  }

  async #call(address: string, command: Command, timeoutMs: number): Promise<RemotingCommand> {
    const response = await this.#requests.invoke(address, command, timeoutMs);
    if (response.code !== ResponseCode.SUCCESS) {
      throw new MQBrokerError(response.code, response.remark, address);
    }
    return response;
  }
}
