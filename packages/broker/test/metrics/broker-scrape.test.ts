import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeConsumerRunningInfo, RequestCode } from '@rocketmq-ts/protocol';
import { BrokerScrape } from '../../src/metrics/broker-scrape.ts';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { ControlRig } from '../rig/control-rig.ts';
import { figuresOf, namesOf } from './figures.ts';

const HERE = 'cluster="DefaultCluster",broker="broker-x"';

async function rigFor(t: TestContext, settings: Record<string, string> = {}) {
  const rig = await ControlRig.start(settings);
  t.after(() => rig.stop());
  rig.parts.control.topics.update({ ...newTopicConfig('T'), readQueueNums: 2, writeQueueNums: 2 });
  const slaves: { address: string; ackedOffset: number }[] = [];
  const { control } = rig.parts;
  const scrape = new BrokerScrape({ control, slaves: () => slaves, connectionCount: () => 7 });
  const figures = async () => figuresOf(await rig.clock.run(scrape.text()));
  return { rig, control, slaves, scrape, figures };
}

test('a queue of which nothing is known has no lag, and is counted as such', async (t) => {
  const { rig, control, figures } = await rigFor(t);
  rig.fill('T', 0, 10);
  rig.fill('T', 1, 5);
  control.offsets.commit('G', 'T', 0, 4, 'c');
  const found = await figures();
  const queue = `rocketmq_group_queue_diff{${HERE},topic="T",group="G",queueid=`;
  assert.equal(found.get(`${queue}"0"}`), 6);
  assert.equal(found.has(`${queue}"1"}`), false);
  assert.equal(found.get(`rocketmq_group_unknown_queues{${HERE},topic="T",group="G"}`), 1);
  assert.equal(found.get(`rocketmq_consumer_offset{${HERE},topic="T",group="G"}`), 4);
  assert.equal(found.get(`rocketmq_producer_offset{${HERE},topic="T"}`), 15);
  const diff = 'rocketmq_group_diff{group="G",topic="T",countOfOnlineConsumers="0",msgModel="1"}';
  assert.equal(found.get(diff), 6);
  const latency = found.get(`rocketmq_group_get_latency_by_storetime{${HERE},topic="T",group="G"}`);
  assert.equal(Math.round(latency! / 1000), 6);
  assert.equal(found.get('rocketmq_group_count{caddr="",localaddr="",group="G"}'), 0, 'nobody consumes');
});

test('a time lag that cannot be found is not 0', async (t) => {
  const { rig, control, figures } = await rigFor(t);
  rig.fill('T', 0, 10);
  control.offsets.commit('G', 'T', 0, 4, 'c');
  rig.store.storeTimestampOf = async () => -1;
  const found = await figures();
  assert.equal(found.has(`rocketmq_group_get_latency_by_storetime{${HERE},topic="T",group="G"}`), false);
  assert.equal(found.get(`rocketmq_group_queue_diff{${HERE},topic="T",group="G",queueid="0"}`), 6);
});

test('before anything happened there is no average, and nothing of what was never counted', async (t) => {
  const names = namesOf(await (await rigFor(t)).figures());
  for (const name of [
    'rocketmq_brokeruntime_put_message_average_size',
    'rocketmq_brokeruntime_earliest_message_timestamp',
    'rocketmq_producer_tps',
    'rocketmq_group_diff',
    'rocketmq_broker_commitlog_diff',
  ]) {
    assert.equal(names.has(name), false, name);
  }
  assert.ok(names.has('rocketmq_broker_tps'));
});

test('retry and dead-letter topics have figures of their own', async (t) => {
  const { rig, control, figures } = await rigFor(t);
  for (const topic of ['%RETRY%G', '%DLQ%G']) {
    control.topics.update({ ...newTopicConfig(topic), readQueueNums: 1, writeQueueNums: 1 });
    rig.fill(topic, 0, 3);
    control.offsets.commit('G', topic, 0, 1, 'c');
  }
  const found = await figures();
  const labels = 'countOfOnlineConsumers="0",msgModel="1"';
  assert.equal(found.get(`rocketmq_topic_retry_offset{${HERE},topic="%RETRY%G"}`), 3);
  assert.equal(found.get(`rocketmq_topic_dlq_offset{${HERE},group="G"}`), 3);
  assert.equal(found.get(`rocketmq_group_retrydiff{group="G",topic="%RETRY%G",${labels}}`), 2);
  assert.equal(found.get(`rocketmq_group_dlqdiff{group="G",topic="%DLQ%G",${labels}}`), 2);
});

test('slaves: what each does not hold yet, unless it has not said', async (t) => {
  const { rig, slaves, figures } = await rigFor(t);
  slaves.push({ address: '10.0.0.3:5', ackedOffset: rig.store.maxPhysicalOffset - 0 });
  slaves.push({ address: '10.0.0.4:6', ackedOffset: -1 });
  const found = await figures();
  const of = (ip: string) =>
    `rocketmq_broker_commitlog_diff{cluster="DefaultCluster",brokerIP="${ip}",broker="broker-x"}`;
  assert.equal(found.get(of('10.0.0.3:5')), 0);
  assert.equal(found.has(of('10.0.0.4:6')), false);
});

test('consumers tell of themselves, at most every 15 seconds; one without an answer is counted', async (t) => {
  const { rig, scrape, figures } = await rigFor(t);
  let asked = 0;
  const status = {
    pullRT: 1,
    pullTPS: 2,
    consumeRT: 3,
    consumeOKTPS: 4,
    consumeFailedTPS: 5,
    consumeFailedMsgs: 6,
  };
  const client = rig.newClient();
  client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => {
    asked++;
    const info = {
      properties: new Map(),
      subscriptionSet: [],
      mqTable: new Map(),
      statusTable: new Map([['T', status]]),
    };
    return { code: 0, body: encodeConsumerRunningInfo(info) };
  });
  await rig.beat('one', [{ group: 'G', topics: { T: '*' } }], ['P'], client);
  await rig.beat('two', [{ group: 'G', topics: { T: '*' } }], [], rig.newClient());
  const found = await figures();
  const of = (name: string) =>
    [...found].filter(([key]) => key.startsWith(`rocketmq_client_${name}{`)).map(([, figure]) => figure);
  assert.deepEqual(of('consume_ok_msg_tps'), [4]);
  assert.deepEqual(of('consume_fail_msg_count'), [6]);
  assert.equal(found.get('rocketmq_ts_clients_without_answer'), 1);
  assert.equal(found.get(`rocketmq_producer_count{${HERE},group="P"}`), 1);
  await rig.clock.run(Promise.all([scrape.text(), scrape.text()]));
  assert.equal(asked, 1);
  await rig.clock.advance(16_000);
  await figures();
  assert.equal(asked, 2);
});

test('a broadcasting group has no lag here', async (t) => {
  const { rig, control, figures } = await rigFor(t);
  control.offsets.commit('G', 'T', 0, 0, 'c');
  await rig.beat('one', [{ group: 'G', topics: { T: '*' }, messageModel: 'BROADCASTING' }]);
  const names = namesOf(await figures());
  assert.equal(names.has('rocketmq_group_diff'), false);
  assert.ok(names.has('rocketmq_group_count'));
});

test('a slave tells nothing of topics and groups', async (t) => {
  const { rig, control, figures } = await rigFor(t, { brokerRole: 'SLAVE', brokerId: '1' });
  rig.fill('T', 0, 10);
  control.offsets.commit('G', 'T', 0, 4, 'c');
  const names = namesOf(await figures());
  assert.ok(names.has('rocketmq_brokeruntime_commitlog_maxoffset'));
  assert.equal(names.has('rocketmq_producer_offset'), false);
  assert.equal(names.has('rocketmq_group_diff'), false);
});

test('metricsMaxLines bounds a scrape, live', async (t) => {
  const { rig, control, figures } = await rigFor(t, { metricsMaxLines: '1000' });
  for (let i = 0; i < 2_000; i++) control.topics.update(newTopicConfig(`T${i}`));
  const found = await figures();
  assert.equal(found.size, 1_001);
  assert.ok(found.get('rocketmq_ts_metrics_dropped')! > 1_000);
  rig.config.values.metricsMaxLines = 100_000;
  assert.equal((await figures()).get('rocketmq_ts_metrics_dropped'), 0);
});
