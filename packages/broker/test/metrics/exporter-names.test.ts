/**
 * Dashboards made for the official rocketmq-exporter find what they ask for: every figure that the exporter has of a broker of
 * 4.4.0, under its name and with its labels. The tables are facts of the exporter (of its 0.0.3, and seen so against a Java
 * broker), so that this fails when one of ours goes.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeConsumerRunningInfo, RequestCode } from '@rocketmq-ts/protocol';
import { groupTopicCounters } from '../../src/group-topic-counters.ts';
import { BrokerScrape } from '../../src/metrics/broker-scrape.ts';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { ControlRig } from '../rig/control-rig.ts';
import { familiesOf } from './figures.ts';

const runtimeNames = `pmdt_0ms pmdt_0to10ms pmdt_10to50ms pmdt_50to100ms pmdt_100to200ms pmdt_200to500ms pmdt_500to1s pmdt_1to2s
  pmdt_2to3s pmdt_3to4s pmdt_4to5s pmdt_5to10s pmdt_10stomore msg_put_total_today_now msg_gettotal_today_now
  msg_puttotal_todaymorning msg_gettotal_todaymorning msg_puttotal_yesterdaymorning msg_gettotal_yesterdaymorning
  dispatch_behind_bytes dispatch_maxbuffer put_message_size_total put_message_average_size putmessage_times_total
  putmessage_entire_time_max getmessage_entire_time_max remain_transientstore_buffer_numbs remain_howmanydata_toflush
  earliest_message_timestamp start_accept_sendrequest_time pagecache_lock_time_mills commitlog_disk_ratio
  consumequeue_disk_ratio commitlogdir_capacity_total commitlogdir_capacity_free commitlog_maxoffset commitlog_minoffset
  put_tps10 put_tps60 put_tps600 getfound_tps10 getfound_tps60 getfound_tps600 getmiss_tps10 getmiss_tps60 getmiss_tps600
  gettotal_tps10 gettotal_tps60 gettotal_tps600 gettransfered_tps10 gettransfered_tps60 gettransfered_tps600
  send_threadpool_queue_size send_threadpoolqueue_capacity send_threadpoolqueue_headwait_timemills pull_threadpoolqueue_size
  pull_threadpoolqueue_capacity pull_threadpoolqueue_headwait_timemills query_threadpoolqueue_size
  query_threadpool_queue_capacity query_threadpoolqueue_headwait_timemills`;

/** By their labels. */
const exporter: Readonly<Record<string, string>> = {
  'cluster brokerIP broker': 'broker_tps broker_qps broker_commitlog_diff',
  'cluster brokerIP brokerHost des boottime broker_version': runtimeNames.replaceAll(
    /\b(?=[a-z])/g,
    'brokeruntime_',
  ),
  'cluster broker topic': 'producer_tps producer_message_size producer_offset topic_retry_offset',
  'cluster broker group': 'topic_dlq_offset producer_count',
  'cluster broker topic group':
    'consumer_tps consumer_message_size send_back_nums consumer_offset group_get_latency_by_storetime',
  'group topic countOfOnlineConsumers msgModel': 'group_diff group_retrydiff group_dlqdiff',
  'caddr localaddr group': 'group_count',
  'clientAddr clientId group topic': `client_consume_fail_msg_count client_consume_fail_msg_tps client_consume_ok_msg_tps
    client_consume_rt client_consumer_pull_rt client_consumer_pull_tps`,
};
/**
 * The exporter has these names too, and no figure under them: the first two are never filled, the others are -1 with 4.4.0, whose
 * brokers do not tell.
 */
const empty = [
  'group_consume_tps',
  'group_consume_total_offset',
  'brokeruntime_put_latency_99',
  'brokeruntime_put_latency_999',
];

/** A broker of which there is something to tell under every name. */
async function busyRig(t: TestContext): Promise<ControlRig> {
  const rig = await ControlRig.start();
  t.after(() => rig.stop());
  const { topics, groups, offsets } = rig.parts.control;
  for (const name of ['T', '%RETRY%G', '%DLQ%G']) {
    topics.update({ ...newTopicConfig(name), readQueueNums: 1, writeQueueNums: 1 });
    rig.fill(name, 0, 5);
    offsets.commit('G', name, 0, 2, 'c');
  }
  rig.store.earliestStoreTime = async () => 1;
  rig.store.counters = () => ({ appendedCount: 15, appendedBytes: 1500, writeCount: 1, syncCount: 1 });
  const ratios = ['commitLogDiskRatio', 'consumeQueueDiskRatio', 'commitLogMinOffset', 'commitLogMaxOffset'];
  rig.store.runtimeInfo = () => new Map(ratios.map((key) => [key, '0']));
  const client = rig.newClient();
  const status = {
    pullRT: 1,
    pullTPS: 2,
    consumeRT: 3,
    consumeOKTPS: 4,
    consumeFailedTPS: 5,
    consumeFailedMsgs: 6,
  };
  const info = {
    properties: new Map(),
    subscriptionSet: [],
    mqTable: new Map(),
    statusTable: new Map([['T', status]]),
  };
  client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => ({
    code: 0,
    body: encodeConsumerRunningInfo(info),
  }));
  const subscribed = { T: '*', '%RETRY%G': '*', '%DLQ%G': '*' };
  await rig.beat('one', [{ group: 'G', topics: subscribed }], ['P'], client);
  const topic = topics.find('T');
  const group = groups.find('G');
  assert.ok(topic !== undefined && group !== undefined);
  topic.putNums = 5;
  topic.putSizeBytes = 500;
  Object.assign(groupTopicCounters(group, 'T'), {
    getNums: 2,
    getSizeBytes: 200,
    getTimes: 1,
    sendBackNums: 1,
  });
  rig.parts.control.statistics.sample();
  return rig;
}

test('every figure of the exporter, with its labels', async (t) => {
  const rig = await busyRig(t);
  const scrape = new BrokerScrape({
    control: rig.parts.control,
    slaves: () => [{ address: '10.0.0.3:5', ackedOffset: 0 }],
    connectionCount: () => 1,
  });
  const families = familiesOf(await rig.clock.run(scrape.text()));
  const found = new Map([...families].filter(([name]) => !name.startsWith('rocketmq_ts_')));
  // Ours, beside those of the exporter.
  for (const name of ['rocketmq_group_queue_diff', 'rocketmq_group_unknown_queues'])
    assert.ok(found.delete(name), name);
  const expected = Object.entries(exporter).flatMap(([labels, names]) =>
    names.split(/\s+/).map((name): [string, string[]] => [`rocketmq_${name}`, labels.split(' ')]),
  );
  assert.equal(expected.length, 85);
  assert.deepEqual(new Map([...found].sort()), new Map(expected.sort()));
  for (const name of empty) assert.equal(families.has(`rocketmq_${name}`), false, name);
});

test('what Prometheus would not take is not taken here', () => {
  const head = '# HELP a Words\n# TYPE a gauge\n';
  assert.deepEqual([...familiesOf(`${head}a{x="1",y="2"} 1\na{x="2",y=","} 2\n`)], [['a', ['x', 'y']]]);
  for (const [wrong, why] of [
    [`${head}a 1`, /line break/],
    [`${head}# HELP b Words\n# TYPE b gauge\nb 1\n`, /without a figure/],
    ['# TYPE a gauge\na 1\n', /among the figures of/],
    ['# HELP a Words\na 1\n', /TYPE of a is missing/],
    [`${head}a 1\n${head}a 2\n`, /twice/],
    [`${head}a{x="1"} 1\na{y="1"} 1\n`, /a has x and y/],
    [`${head}b 1\n`, /b among the figures of a/],
    [`${head}a{x="1"} 1\na{x="1"} 2\n`, /twice/],
    [`${head}a{x="1"} one\n`, /no figure/],
  ] as const) {
    assert.throws(() => familiesOf(wrong), why, wrong);
  }
});
