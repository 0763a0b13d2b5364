/**
 * One request for every code that a broker serves: what it needs under access control, its header and body, and what an
 * administrator is answered. The topic `Orders` and the group `Billing` exist; the requests that send come first, so that there is a message.
 */
import {
  buildSubscriptionData,
  encodeBatch,
  encodeCheckClientRequestBody,
  encodeHeartbeatData,
  encodeLockBatchRequestBody,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { pullFields, sendFields } from '../rig/broker-rig.ts';

export const TOPIC = 'Orders';
export const GROUP = 'Billing';

/** As in docs/access-control.md. */
export type Needs =
  | 'any account'
  | 'administrator'
  | 'PUB topic'
  | 'SUB topic'
  | 'SUB group'
  | 'SUB topic, SUB group'
  | 'PUB topic, SUB group';

export interface AccessRow {
  readonly needs: Needs;
  readonly ext: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Buffer;
  /** Code of the answer to an administrator. */
  readonly answer: number;
}

const { SUCCESS, SYSTEM_ERROR, QUERY_NOT_FOUND, CONSUMER_NOT_ONLINE } = ResponseCode;

function row(needs: Needs, ext: AccessRow['ext'] = {}, answer: number = SUCCESS, body?: Buffer): AccessRow {
  return { needs, ext, answer, ...(body && { body }) };
}

const queue = { topic: TOPIC, queueId: 0 };
const progress = { consumerGroup: GROUP, ...queue };
const v1 = {
  producerGroup: 'P',
  ...{ topic: TOPIC, defaultTopic: 'TBW102', defaultTopicQueueNums: 4, queueId: 0 },
  ...{
    sysFlag: 0,
    bornTimestamp: 1,
    flag: 0,
    properties: '',
    reconsumeTimes: 0,
    unitMode: false,
    batch: false,
  },
};
const heartbeat = encodeHeartbeatData({
  clientID: 'c',
  producerDataSet: [],
  consumerDataSet: [
    {
      groupName: GROUP,
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      unitMode: false,
      subscriptionDataSet: [buildSubscriptionData(TOPIC, '*', 1)],
    },
  ],
});
const check = encodeCheckClientRequestBody({
  clientId: 'c',
  group: GROUP,
  subscriptionData: buildSubscriptionData(TOPIC, '*', 1),
});
const lock = encodeLockBatchRequestBody({ consumerGroup: GROUP, clientId: 'c', mqSet: [] });
const newTopic = {
  topic: 'Made',
  ...{ defaultTopic: 'TBW102', readQueueNums: 1, writeQueueNums: 1, perm: 6 },
  ...{ topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false },
};
const transaction = {
  ...{ producerGroup: 'P', tranStateTableOffset: 0, commitLogOffset: 0, commitOrRollback: 8 },
  ...{ fromTransactionCheck: false, msgId: 'x', transactionId: 'x' },
};
const sendBack = {
  ...{ offset: 0, group: GROUP, delayLevel: 0, originMsgId: 'x', originTopic: TOPIC },
  ...{ unitMode: false, maxReconsumeTimes: 16 },
};
const inlinePull = { consumerGroup: GROUP, queueId: '0', sysFlag: '4', subscription: '*' };
const times = { beginTimestamp: 0, endTimestamp: 1 };
const clone = { srcGroup: GROUP, destGroup: 'Other', topic: TOPIC, offline: false };
const group = Buffer.from('{"groupName":"Made","consumeEnable":true,"retryQueueNums":1,"retryMaxTimes":16}');
const batch = encodeBatch([{ flag: 0, properties: new Map(), body: Buffer.from('x') }]);

export const ACCESS_ROWS: ReadonlyMap<number, AccessRow> = new Map<number, AccessRow>([
  [RequestCode.SEND_MESSAGE, row('PUB topic', v1, SUCCESS, Buffer.from('x'))],
  [RequestCode.SEND_MESSAGE_V2, row('PUB topic', sendFields(TOPIC, { e: '0' }), SUCCESS, Buffer.from('x'))],
  [
    RequestCode.SEND_BATCH_MESSAGE,
    row('PUB topic', sendFields(TOPIC, { e: '0', m: 'true' }), SUCCESS, batch),
  ],
  [RequestCode.CONSUMER_SEND_MSG_BACK, row('PUB topic, SUB group', sendBack)],
  [RequestCode.PULL_MESSAGE, row('SUB topic, SUB group', pullFields(TOPIC, 0, inlinePull))],
  [
    RequestCode.QUERY_MESSAGE,
    row('SUB topic', { topic: TOPIC, key: 'k', maxNum: 1, ...times }, QUERY_NOT_FOUND),
  ],
  [RequestCode.HEART_BEAT, row('SUB topic, SUB group', {}, SUCCESS, heartbeat)],
  [RequestCode.UNREGISTER_CLIENT, row('SUB group', { clientID: 'c', consumerGroup: GROUP })],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, row('SUB group', { consumerGroup: GROUP }, SYSTEM_ERROR)],
  [RequestCode.UPDATE_CONSUMER_OFFSET, row('SUB topic, SUB group', { ...progress, commitOffset: 0 })],
  [RequestCode.LOCK_BATCH_MQ, row('SUB group', {}, SUCCESS, lock)],
  [RequestCode.UNLOCK_BATCH_MQ, row('SUB group', {}, SUCCESS, lock)],
  [RequestCode.CHECK_CLIENT_CONFIG, row('any account', {}, SUCCESS, check)],
  [RequestCode.END_TRANSACTION, row('any account', transaction, SYSTEM_ERROR)],
  [RequestCode.QUERY_CONSUMER_OFFSET, row('any account', progress)],
  [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, row('any account', { ...queue, timestamp: 0 })],
  [RequestCode.GET_MAX_OFFSET, row('any account', queue)],
  [RequestCode.GET_MIN_OFFSET, row('any account', queue)],
  [RequestCode.GET_EARLIEST_MSG_STORETIME, row('any account', queue)],
  [RequestCode.VIEW_MESSAGE_BY_ID, row('any account', { offset: 999_999 }, SYSTEM_ERROR)],
  [RequestCode.GET_ALL_TOPIC_CONFIG, row('any account')],
  [RequestCode.GET_ALL_CONSUMER_OFFSET, row('any account')],
  [RequestCode.GET_ALL_DELAY_OFFSET, row('any account')],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, row('any account')],
  [RequestCode.GET_BROKER_CONFIG, row('any account')],
  [RequestCode.GET_BROKER_RUNTIME_INFO, row('any account')],
  [RequestCode.GET_TOPIC_STATS_INFO, row('any account', { topic: TOPIC })],
  [
    RequestCode.GET_CONSUMER_CONNECTION_LIST,
    row('any account', { consumerGroup: GROUP }, CONSUMER_NOT_ONLINE),
  ],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, row('any account', { producerGroup: 'P' }, SYSTEM_ERROR)],
  [RequestCode.GET_CONSUME_STATS, row('any account', { consumerGroup: GROUP })],
  [
    RequestCode.GET_CONSUMER_RUNNING_INFO,
    row('any account', { consumerGroup: GROUP, clientId: 'c', jstackEnable: false }, SYSTEM_ERROR),
  ],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, row('any account')],
  [RequestCode.GET_BROKER_CONSUME_STATS, row('any account', { isOrder: false })],
  [
    RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
    row('any account', { topic: TOPIC, group: GROUP }, SYSTEM_ERROR),
  ],
  [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, row('any account', { topic: TOPIC })],
  [RequestCode.QUERY_CONSUME_TIME_SPAN, row('any account', { topic: TOPIC, group: GROUP })],
  [
    RequestCode.QUERY_CORRECTION_OFFSET,
    row('any account', { topic: TOPIC, compareGroup: GROUP, filterGroups: '' }),
  ],
  [
    RequestCode.QUERY_CONSUME_QUEUE,
    row('any account', { ...queue, index: 0, count: 1, consumerGroup: GROUP }),
  ],
  [
    RequestCode.VIEW_BROKER_STATS_DATA,
    row('any account', { statsName: 'TOPIC_PUT_NUMS', statsKey: 'none' }, SYSTEM_ERROR),
  ],
  [RequestCode.REGISTER_FILTER_SERVER, row('any account', { filterServerAddr: '127.0.0.1:1' })],
  [RequestCode.UPDATE_AND_CREATE_TOPIC, row('administrator', newTopic)],
  [RequestCode.UPDATE_BROKER_CONFIG, row('administrator', {}, SUCCESS, Buffer.from('brokerName=broker-a\n'))],
  [RequestCode.DELETE_TOPIC_IN_BROKER, row('administrator', { topic: 'Made' })],
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, row('administrator', {}, SUCCESS, group)],
  [RequestCode.DELETE_SUBSCRIPTIONGROUP, row('administrator', { groupName: 'Made' })],
  [
    RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
    row('administrator', { topic: TOPIC, group: GROUP, timestamp: 0, isForce: true }, CONSUMER_NOT_ONLINE),
  ],
  [RequestCode.CLONE_GROUP_OFFSET, row('administrator', clone)],
  [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, row('administrator')],
  [RequestCode.CLEAN_UNUSED_TOPIC, row('administrator')],
  [
    RequestCode.CONSUME_MESSAGE_DIRECTLY,
    row('administrator', { consumerGroup: GROUP, clientId: 'c', msgId: 'x', brokerName: 'b' }, SYSTEM_ERROR),
  ],
]);
