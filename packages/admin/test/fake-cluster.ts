/** Name server and broker in one, for tests: one topic of one queue, whose messages are numbered from 0. */
import type { TestContext } from 'node:test';
import {
  encodeClusterInfo,
  encodeKVTable,
  encodeRecord,
  encodeTopicList,
  encodeTopicRouteData,
  type RecordFields,
  RequestCode,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { fakeServer } from './fake-server.ts';

export const TOPIC = 'Orders';
const BATCH = 8;

export interface FakeCluster {
  readonly address: string;
  /** Pulls answered so far. */
  pulls: number;
}

/** `refuse` says whether a pull, counted from 1, is answered with an error. */
export async function fakeCluster(
  t: TestContext,
  messages: number,
  refuse: (pull: number) => boolean = () => false,
  handlers: Readonly<Record<number, Handler>> = {},
): Promise<FakeCluster> {
  const cluster = { address: '', pulls: 0 };
  const broker = () =>
    new Map([
      ['broker-a', { cluster: 'C', brokerName: 'broker-a', brokerAddrs: new Map([[0, cluster.address]]) }],
    ]);
  const route = (): TopicRouteData => ({
    brokerDatas: [...broker().values()],
    queueDatas: [{ brokerName: 'broker-a', readQueueNums: 1, writeQueueNums: 1, perm: 6, topicSynFlag: 0 }],
    filterServerTable: new Map(),
  });
  cluster.address = await fakeServer(t, {
    [RequestCode.GET_ROUTEINTO_BY_TOPIC]: () => ({ code: 0, body: encodeTopicRouteData(route()) }),
    [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER]: () => ({
      code: 0,
      body: encodeTopicList({ topicList: [TOPIC] }),
    }),
    [RequestCode.GET_BROKER_CLUSTER_INFO]: () => ({
      code: 0,
      body: encodeClusterInfo({
        brokerAddrTable: broker(),
        clusterAddrTable: new Map([['C', ['broker-a']]]),
      }),
    }),
    [RequestCode.GET_BROKER_RUNTIME_INFO]: () => ({ code: 0, body: encodeKVTable({ table: new Map() }) }),
    [RequestCode.GET_MIN_OFFSET]: () => ({ code: 0, ext: { offset: 0 } }),
    [RequestCode.GET_MAX_OFFSET]: () => ({ code: 0, ext: { offset: messages } }),
    [RequestCode.PULL_MESSAGE]: ({ ext }) => {
      if (refuse(++cluster.pulls)) return { code: 1, remark: 'the disk is gone' };
      const begin = Number(ext.get('queueOffset'));
      const end = Math.min(messages, begin + BATCH);
      const records = Array.from({ length: end - begin }, (_, i) => encodeRecord(fakeMessage(begin + i)));
      return {
        code: 0,
        ext: { suggestWhichBrokerId: 0, nextBeginOffset: end, minOffset: 0, maxOffset: messages },
        body: Buffer.concat(records),
      };
    },
    ...handlers,
  });
  return cluster;
}

export function fakeMessage(queueOffset: number, storeHost = '127.0.0.1:2000'): RecordFields {
  return {
    topic: TOPIC,
    flag: 0,
    queueId: 0,
    queueOffset,
    commitLogOffset: queueOffset * 200,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: '127.0.0.1:1000',
    storeTimestamp: 1_700_000_000_000,
    storeHost,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    properties: new Map([
      ['TAGS', queueOffset % 2 === 0 ? 'even' : 'odd'],
      ['n', String(queueOffset)],
    ]),
    body: Buffer.from(`message ${queueOffset}`),
  };
}
