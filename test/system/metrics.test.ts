/**
 * A scrape of a running system: every name that the two Grafana dashboards of Apache's rocketmq-exporter ask for is there
 * with real figures, and request codes 28, 315 and 208 tell the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '@rocketmq-ts/admin';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { realPlatform, silentLogger } from '@rocketmq-ts/platform';
import { decodeBrokerStatsData, decodeConsumeStats, decodeKVTable, RequestCode } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { OneProcessServer } from 'rocketmq-ts';
import { until } from '../interop/harness/pair.ts';
import { temporaryFolder } from '../interop/harness/server.ts';

const COUNT = 1_000;

/** Every figure asked for in rocketmq_exporter.json and rocketmq_exporter_overview.json. */
const DASHBOARD_NAMES = `
broker_qps broker_tps brokeruntime_commitlog_disk_ratio brokeruntime_commitlog_maxoffset
brokeruntime_commitlog_minoffset brokeruntime_commitlogdir_capacity_free brokeruntime_commitlogdir_capacity_total
brokeruntime_consumequeue_disk_ratio brokeruntime_dispatch_behind_bytes brokeruntime_earliest_message_timestamp
brokeruntime_getfound_tps10 brokeruntime_getmiss_tps10 brokeruntime_gettotal_tps10 brokeruntime_gettransfered_tps10
brokeruntime_msg_gettotal_today_now brokeruntime_msg_gettotal_todaymorning brokeruntime_msg_gettotal_yesterdaymorning
brokeruntime_msg_put_total_today_now brokeruntime_msg_puttotal_todaymorning brokeruntime_msg_puttotal_yesterdaymorning
brokeruntime_pmdt_0ms brokeruntime_pmdt_0to10ms brokeruntime_pmdt_100to200ms brokeruntime_pmdt_10stomore
brokeruntime_pmdt_10to50ms brokeruntime_pmdt_1to2s brokeruntime_pmdt_200to500ms brokeruntime_pmdt_2to3s
brokeruntime_pmdt_3to4s brokeruntime_pmdt_4to5s brokeruntime_pmdt_500to1s brokeruntime_pmdt_50to100ms
brokeruntime_pmdt_5to10s brokeruntime_pull_threadpoolqueue_headwait_timemills brokeruntime_put_message_average_size
brokeruntime_put_message_size_total brokeruntime_put_tps10 brokeruntime_query_threadpoolqueue_headwait_timemills
brokeruntime_send_threadpoolqueue_headwait_timemills client_consume_fail_msg_count client_consume_fail_msg_tps
client_consume_ok_msg_tps client_consume_rt client_consumer_pull_rt client_consumer_pull_tps consumer_message_size
consumer_offset consumer_tps group_diff group_get_latency_by_storetime group_retrydiff
producer_message_size producer_offset producer_tps topic_dlq_offset topic_retry_offset
`
  .trim()
  .split(/\s+/)
  .map((name) => `rocketmq_${name}`);

function figuresOf(text: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    figures.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return figures;
}

test('after 1,000 messages were sent and consumed', { timeout: 600_000 }, async (t) => {
  const dataFolder = temporaryFolder('metrics');
  const server = await OneProcessServer.start({
    dataFolder,
    namesrvPort: 0,
    brokerPort: 0,
    brokerConfig: {
      metricsEnable: true,
      metricsPort: 0,
      mapedFileSizeCommitLog: 16 * 1024 * 1024,
      mapedFileSizeConsumeQueue: 20_000,
      diskMaxUsedSpaceRatio: 95,
      defaultTopicQueueNums: 4,
    },
  });
  t.after(() => server.stop());
  const scrape = async (): Promise<Map<string, number>> =>
    figuresOf(await (await fetch(server.metricsUrl!)).text());
  const common = { namesrvAddr: server.namesrvAddr, logger: silentLogger };
  const producer = new Producer({ ...common, producerGroup: 'P', sendMsgTimeout: 60_000 });
  await producer.start();
  t.after(() => producer.shutdown());
  // A broker whose first registration took too long on a busy machine tries again half a minute later.
  const admin = new AdminClient({ namesrvAddr: server.namesrvAddr });
  t.after(() => admin.close());
  await until('the broker is registered', 240_000, async () => {
    const topics = await admin.fetchAllTopicList().catch((): string[] => []);
    return topics.includes('TBW102');
  });
  const startedAtMs = Date.now();
  await Promise.all(Array.from({ length: COUNT }, () => producer.send({ topic: 'T', body: 'a body' })));
  const consumer = new PushConsumer({
    ...common,
    consumerGroup: 'G',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  let received = 0;
  let failed = false;
  consumer.subscribe('T');
  consumer.registerMessageListener((messages) => {
    if (!failed) {
      failed = true; // one message goes to the retry topic
      return 'RECONSUME_LATER';
    }
    received += messages.length;
    return 'CONSUME_SUCCESS';
  });
  await consumer.start();
  t.after(() => consumer.shutdown());

  const here = 'cluster="DefaultCluster",broker="broker-a"';
  const runtime = (found: Map<string, number>, name: string): number | undefined => {
    const prefix = `rocketmq_brokeruntime_${name}{`;
    return [...found].find(([key]) => key.startsWith(prefix))?.[1];
  };
  let found = await scrape();
  const done = (): boolean =>
    received >= COUNT &&
    found.get(`rocketmq_producer_tps{${here},topic="T"}`) !== undefined &&
    found.get(`rocketmq_consumer_offset{${here},topic="T",group="G"}`) === COUNT;
  const deadline = Date.now() + 300_000;
  for (; !done() && Date.now() < deadline; found = await scrape()) await delay(200);

  const names = new Set(Array.from(found.keys(), (key) => key.replace(/\{.*/, '')));
  // Nobody gave a message up, so that there is no dead-letter topic.
  const missing = DASHBOARD_NAMES.filter((name) => !names.has(name) && name !== 'rocketmq_topic_dlq_offset');
  assert.deepEqual(missing, []);

  assert.equal(found.get(`rocketmq_producer_offset{${here},topic="T"}`), COUNT);
  assert.equal(
    found.get('rocketmq_group_diff{group="G",topic="T",countOfOnlineConsumers="1",msgModel="1"}'),
    0,
  );
  for (let queueId = 0; queueId < 4; queueId++) {
    assert.equal(found.get(`rocketmq_group_queue_diff{${here},topic="T",group="G",queueid="${queueId}"}`), 0);
  }
  const stored = runtime(found, 'msg_put_total_today_now')!;
  assert.ok(stored >= COUNT && stored <= COUNT + 3, `${stored}`); // the message sent back is stored twice more
  let pmdt = 0;
  for (const [key, count] of found) if (key.startsWith('rocketmq_brokeruntime_pmdt_')) pmdt += count;
  // They are of the last minute: a machine that stood still in between has forgotten some.
  assert.ok(pmdt <= COUNT + 3 && (pmdt >= COUNT || Date.now() - startedAtMs > 50_000), `${pmdt}`);

  const client = new RemotingClient({ platform: realPlatform() });
  t.after(() => client.close(0));
  const ask = async (code: number, ext: Record<string, string>): Promise<Buffer> =>
    (await client.invoke(server.brokerAddr, { code, ext }, 60_000)).body!;
  const table = decodeKVTable(await ask(RequestCode.GET_BROKER_RUNTIME_INFO, {})).table;
  const today = Number(table.get('msgPutTotalTodayNow')) - Number(table.get('msgPutTotalTodayMorning'));
  assert.equal(today, runtime(await scrape(), 'msg_put_total_today_now'));
  assert.match(
    table.get('putMessageDistributeTime') ?? '',
    /^\[<=0ms\]:\d+ (\[\S+\]:\d+ ){11}\[10s~\]:\d+ $/,
  );
  const key = { statsName: 'TOPIC_PUT_NUMS', statsKey: 'T' };
  const { statsHour } = decodeBrokerStatsData(await ask(RequestCode.VIEW_BROKER_STATS_DATA, key));
  assert.ok(statsHour.sum <= COUNT);
  const progress = decodeConsumeStats(
    await ask(RequestCode.GET_CONSUME_STATS, { consumerGroup: 'G', topic: 'T' }),
  );
  let consumed = 0;
  for (const { consumerOffset } of progress.offsetTable.values()) consumed += consumerOffset;
  assert.equal(consumed, COUNT);
});
