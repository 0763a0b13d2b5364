/**
 * What each request needs under access control. Counterpart: the switch in PlainAccessValidator.parse, and
 * Permission.ADMIN_CODE; but every code is listed here, and one that is not is denied.
 *
 * Three kinds: an administrator's, those that need permissions on topics and groups, and those any account may make.
 * Beyond 4.4.0, batches are checked, and what changes or reads other people's offsets is the administrator's.
 */
import {
  decodeHeartbeatData,
  decodeLockBatchRequestBody,
  isRetryTopic,
  RequestCode,
  retryTopic,
} from '@rocketmq-ts/protocol';
import { Permission } from './permission.ts';

export interface AccessRequest {
  readonly code: number;
  readonly ext: ReadonlyMap<string, string>;
  readonly body: Buffer | undefined;
}

/** A permission needed on a topic, or on a group given as its retry topic. */
export interface NeededPermission {
  readonly resource: string;
  readonly permission: number;
}

export type AccessRule = 'admin' | 'any account' | ((request: AccessRequest) => NeededPermission[]);

/** Undefined for a code that nobody may use. */
export function accessRule(code: number): AccessRule | undefined {
  return RULES.get(code);
}

const publish = (topicField: string, groupField: string) => (request: AccessRequest) => {
  const topic = request.ext.get(topicField) ?? '';
  // A consumer's own retry messages: they need the right to consume.
  if (isRetryTopic(topic))
    return [group(request.ext.get(groupField))].concat({ resource: topic, permission: Permission.SUB });
  return [{ resource: topic, permission: Permission.PUB }];
};
const topicSub = (request: AccessRequest) => subscribe(request.ext.get('topic'));
const groupSub = (request: AccessRequest) => [group(request.ext.get('consumerGroup'))];
const topicAndGroupSub = (request: AccessRequest) => [...topicSub(request), ...groupSub(request)];

const RULES: ReadonlyMap<number, AccessRule> = new Map<number, AccessRule>([
  [RequestCode.SEND_MESSAGE, publish('topic', 'producerGroup')],
  [RequestCode.SEND_MESSAGE_V2, publish('b', 'a')],
  [RequestCode.SEND_BATCH_MESSAGE, publish('b', 'a')],
  [RequestCode.CONSUMER_SEND_MSG_BACK, sendBack],
  [RequestCode.PULL_MESSAGE, topicAndGroupSub],
  [RequestCode.QUERY_MESSAGE, topicSub],
  [RequestCode.HEART_BEAT, heartbeat],
  [RequestCode.CHECK_CLIENT_CONFIG, 'any account'],
  [RequestCode.UNREGISTER_CLIENT, unregister],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, groupSub],
  [RequestCode.UPDATE_CONSUMER_OFFSET, topicAndGroupSub],
  [RequestCode.LOCK_BATCH_MQ, lockBatch],
  [RequestCode.UNLOCK_BATCH_MQ, lockBatch],
  ...listed('any account', [
    RequestCode.END_TRANSACTION,
    RequestCode.QUERY_CONSUMER_OFFSET,
    RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
    RequestCode.GET_MAX_OFFSET,
    RequestCode.GET_MIN_OFFSET,
    RequestCode.GET_EARLIEST_MSG_STORETIME,
    RequestCode.VIEW_MESSAGE_BY_ID,
    RequestCode.GET_ALL_TOPIC_CONFIG,
    RequestCode.GET_ALL_CONSUMER_OFFSET,
    RequestCode.GET_ALL_DELAY_OFFSET,
    RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
    RequestCode.GET_BROKER_CONFIG,
    RequestCode.GET_BROKER_RUNTIME_INFO,
    RequestCode.GET_TOPIC_STATS_INFO,
    RequestCode.GET_CONSUMER_CONNECTION_LIST,
    RequestCode.GET_PRODUCER_CONNECTION_LIST,
    RequestCode.GET_CONSUME_STATS,
    RequestCode.GET_CONSUMER_RUNNING_INFO,
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER,
    RequestCode.GET_BROKER_CONSUME_STATS,
    RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
    RequestCode.QUERY_TOPIC_CONSUME_BY_WHO,
    RequestCode.QUERY_CONSUME_TIME_SPAN,
    RequestCode.QUERY_CORRECTION_OFFSET,
    RequestCode.QUERY_CONSUME_QUEUE,
    RequestCode.VIEW_BROKER_STATS_DATA,
    RequestCode.REGISTER_FILTER_SERVER,
  ]),
  ...listed('admin', [
    RequestCode.UPDATE_AND_CREATE_TOPIC,
    RequestCode.UPDATE_BROKER_CONFIG,
    RequestCode.DELETE_TOPIC_IN_BROKER,
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
    RequestCode.DELETE_SUBSCRIPTIONGROUP,
    RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
    RequestCode.CLONE_GROUP_OFFSET,
    RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE,
    RequestCode.CLEAN_UNUSED_TOPIC,
    RequestCode.CONSUME_MESSAGE_DIRECTLY,
  ]),
]);

function listed(rule: AccessRule, codes: number[]): Array<[number, AccessRule]> {
  return codes.map((code) => [code, rule]);
}

function subscribe(topic: string | undefined): NeededPermission[] {
  return [{ resource: topic ?? '', permission: Permission.SUB }];
}

function group(name: string | undefined): NeededPermission {
  return { resource: retryTopic(name ?? ''), permission: Permission.SUB };
}

function sendBack({ ext }: AccessRequest): NeededPermission[] {
  return [{ resource: ext.get('originTopic') ?? '', permission: Permission.PUB }, group(ext.get('group'))];
}

function heartbeat({ body }: AccessRequest): NeededPermission[] {
  const { consumerDataSet } = decodeHeartbeatData(body ?? Buffer.alloc(0));
  return consumerDataSet.flatMap((consumer) => [
    group(consumer.groupName),
    ...consumer.subscriptionDataSet.flatMap((subscription) => subscribe(subscription.topic)),
  ]);
}

/** Producers leave too, and have no group to be checked. */
function unregister({ ext }: AccessRequest): NeededPermission[] {
  const name = ext.get('consumerGroup');
  return name === undefined ? [] : [group(name)];
}

function lockBatch({ body }: AccessRequest): NeededPermission[] {
  return [group(decodeLockBatchRequestBody(body ?? Buffer.alloc(0)).consumerGroup)];
}
