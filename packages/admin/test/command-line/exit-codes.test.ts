/** What was not all done ends with 1, and says where; what could be found out is printed all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createOffsetMsgId,
  encodeClusterInfo,
  encodeConsumeMessageDirectlyResult,
  encodeKVTable,
  encodeRecord,
  encodeTopicList,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { fakeCluster, fakeMessage, TOPIC } from '../fake-cluster.ts';
import { fakeServer } from '../fake-server.ts';
import { mqadmin } from './mqadmin-run.ts';

const DEAD = '127.0.0.1:1';

test('a broker that does not answer', async (t) => {
  const alive = await fakeServer(t, {
    [RequestCode.GET_BROKER_RUNTIME_INFO]: () => ({
      code: 0,
      body: encodeKVTable({ table: new Map([['brokerVersionDesc', 'V4_4_0']]) }),
    }),
    [RequestCode.GET_BROKER_CONFIG]: () => ({ code: 0, body: Buffer.from('a=1\n') }),
    [RequestCode.UPDATE_BROKER_CONFIG]: () => ({ code: 0 }),
    [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE]: () => ({ code: 0 }),
    [RequestCode.UPDATE_AND_CREATE_TOPIC]: () => ({ code: 0 }),
  });
  const brokers = { 'broker-a': alive, 'broker-b': DEAD };
  const namesrv = await fakeServer(t, {
    [RequestCode.GET_BROKER_CLUSTER_INFO]: () => ({
      code: 0,
      body: encodeClusterInfo({
        brokerAddrTable: new Map(
          Object.entries(brokers).map(([brokerName, address]) => [
            brokerName,
            { cluster: 'C', brokerName, brokerAddrs: new Map([[0, address]]) },
          ]),
        ),
        clusterAddrTable: new Map([['C', Object.keys(brokers)]]),
      }),
    }),
  });
  for (const [command, done] of [
    ['clusterList', /broker-a[\s\S]*broker-b/],
    ['clusterList -m', /broker-b +- +- +- +-/],
    ['brokerStatus -c C', /V4_4_0/],
    ['getBrokerConfig -c C', /a += {2}1/],
    ['updateBrokerConfig -c C -k a -v 2', /update broker config success/],
    ['cleanExpiredCQ -c C', /^$/],
    ['updateTopic -c C -t T', /create topic to .* success/],
  ] as const) {
    const { exitCode, output, errors } = await mqadmin([...command.split(' '), '-n', namesrv]);
    assert.equal(exitCode, 1, command);
    assert.match(output, done, command);
    assert.match(errors, /ADMIN_PARTLY_FAILED: 1 of 2 brokers failed: .*127\.0\.0\.1:1/, command);
  }
});

test('a group or a topic that cannot be asked about is "-", not 0', async (t) => {
  const { address } = await fakeCluster(t, 0, undefined, {
    [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER]: () => ({
      code: 0,
      body: encodeTopicList({ topicList: ['%RETRY%G', TOPIC] }),
    }),
    [RequestCode.GET_CONSUME_STATS]: () => ({ code: 16, remark: 'no rights' }),
    [RequestCode.GET_CONSUMER_CONNECTION_LIST]: () => ({ code: 206, remark: 'not online' }),
    [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO]: () => ({ code: 0, body: Buffer.from('{"groupList":["G"]}') }),
    [RequestCode.VIEW_BROKER_STATS_DATA]: () => ({ code: 2, remark: 'busy' }),
  });
  const progress = await mqadmin(['consumerProgress', '-n', address]);
  assert.equal(progress.exitCode, 1);
  assert.match(progress.output, /^G +0 +OFFLINE +- +-$/m);
  assert.match(progress.errors, /no rights/);
  const stats = await mqadmin(['statsAll', '-n', address]);
  assert.equal(stats.exitCode, 1);
  assert.match(stats.output, /^Orders +G +- +- +- +- +-$/m);
  assert.match(stats.errors, /busy/);
});

test('a name server that does not answer', async (t) => {
  const alive = await fakeServer(t, {
    [RequestCode.GET_NAMESRV_CONFIG]: () => ({ code: 0, body: Buffer.from('a=1\n') }),
  });
  const { exitCode, output, errors } = await mqadmin(['getNamesrvConfig', '-n', `${DEAD};${alive}`]);
  assert.equal(exitCode, 1);
  assert.match(output, /a += {2}1/);
  assert.match(errors, /1 of 2 name servers failed/);
});

test('a message that was given and not consumed', async (t) => {
  let consumeResult: 'CR_SUCCESS' | 'CR_LATER' = 'CR_LATER';
  let address = '';
  ({ address } = await fakeCluster(t, 1, undefined, {
    [RequestCode.VIEW_MESSAGE_BY_ID]: () => ({ code: 0, body: encodeRecord(fakeMessage(0, address)) }),
    [RequestCode.CONSUME_MESSAGE_DIRECTLY]: () => ({
      code: 0,
      body: encodeConsumeMessageDirectlyResult({
        order: false,
        autoCommit: true,
        consumeResult,
        spentTimeMills: 1,
      }),
    }),
  }));
  const id = createOffsetMsgId('127.0.0.1', Number(address.split(':')[1]), 0);
  const run = () => mqadmin(['queryMsgById', '-i', id, '-g', 'G', '-d', 'client', '-n', address]);
  const failed = await run();
  assert.equal(failed.exitCode, 1);
  assert.match(failed.output, /consumeResult=CR_LATER/);
  assert.match(failed.errors, /ADMIN_PARTLY_FAILED: the client has the message, and answers CR_LATER/);
  consumeResult = 'CR_SUCCESS';
  assert.equal((await run()).exitCode, 0);
});

test('a message that is stored, and not as safe as it should be', async (t) => {
  const ext = { msgId: '', queueId: 0, queueOffset: 0 };
  const { address } = await fakeCluster(t, 0, undefined, {
    [RequestCode.SEND_MESSAGE_V2]: () => ({ code: ResponseCode.FLUSH_SLAVE_TIMEOUT, ext }),
  });
  const { exitCode, output, errors } = await mqadmin(['sendMessage', '-t', TOPIC, '-p', 'x', '-n', address]);
  assert.equal(exitCode, 1);
  assert.match(output, /FLUSH_SLAVE_TIMEOUT/);
  assert.match(errors, /is stored, but FLUSH_SLAVE_TIMEOUT/);
});

test('what servers of 4.4.0 answer with success, and is none', async (t) => {
  const config = () => ({ code: 0, body: Buffer.from('fileReservedTime=72\n') });
  const { address } = await fakeCluster(t, 0, undefined, {
    [RequestCode.UPDATE_BROKER_CONFIG]: () => ({ code: 0 }),
    [RequestCode.GET_BROKER_CONFIG]: config,
    [RequestCode.UPDATE_NAMESRV_CONFIG]: () => ({ code: 0 }),
    [RequestCode.GET_NAMESRV_CONFIG]: config,
    [RequestCode.WIPE_WRITE_PERM_OF_BROKER]: () => ({ code: 0, ext: { wipeTopicCount: 0 } }),
  });
  for (const [command, words] of [
    [`updateBrokerConfig -b ${address} -k fileReservdTime -v 72`, /has no setting fileReservdTime/],
    ['updateNamesrvConfig -k nothing -v 1', /has no setting nothing/],
    ['wipeWritePerm -b nobody', /no name server knows a broker called nobody; they know broker-a/],
    ['statsAll -t Nothing', /there is no topic Nothing/],
  ] as const) {
    const { exitCode, errors } = await mqadmin([...command.split(' '), '-n', address]);
    assert.equal(exitCode, 1, command);
    assert.match(errors, words, command);
  }
  for (const command of [
    `updateBrokerConfig -b ${address} -k fileReservedTime -v 72`,
    'wipeWritePerm -b broker-a',
  ])
    assert.equal((await mqadmin([...command.split(' '), '-n', address])).exitCode, 0, command);
});
