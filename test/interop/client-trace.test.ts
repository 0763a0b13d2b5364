/**
 * Message traces of our producers and consumers, at both brokers, read by the official decoder; and those of official ones,
 * read by ours.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTraceData, Producer, PushConsumer, TransactionProducer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { eventsIn, eventsOf, type JavaEvent, javaEvents, QUICK } from './harness/java-events.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, startPair, until } from './harness/pair.ts';
import type { Program } from './harness/program.ts';

const config = { traceTopicEnable: true };

/** The traces of a topic; a name of its own for every field. */
async function traces(namesrvAddr: string, topic: string, expected: number): Promise<JavaEvent[]> {
  const events = await javaEvents('ReadTraces', [namesrvAddr, topic, String(expected)]);
  assert.equal(eventsOf(events, 'end')[0]?.missing, 0, 'some traces did not come');
  const found = eventsOf(events, 'trace');
  assert.equal(found.length, expected);
  return found;
}

for (const [kind, startNamesrv, startBroker] of [
  ['official', startJavaNamesrv, startJavaBroker],
  ['our', startOurNamesrv, startOurBroker],
] as const) {
  test(`traces at the ${kind} broker`, { timeout: 600_000 }, async () => {
    const pair = await startPair(startNamesrv, startBroker, { config });
    const client = { namesrvAddr: pair.namesrv.address, logger: silentLogger };
    const stop: (() => Promise<void>)[] = [];
    try {
      const before = Date.now();
      const producer = new Producer({
        producerGroup: 'PG_TRACED',
        enableMsgTrace: true,
        sendMsgTimeout: 60_000,
        ...client,
      });
      stop.push(() => producer.shutdown());
      await producer.start();
      const topic = 'Traced';
      const single = await producer.send({ topic, tags: 'TagA', keys: ['alpha', 'beta'], body: 'hällo' });
      const bare = await producer.send({ topic, body: 'x'.repeat(10_000) });
      const delayed = await producer.send({ topic: 'TracedLater', body: 'later', delayTimeLevel: 18 });
      const batch = await producer.sendBatch([
        { topic, body: '1', keys: 'one' },
        { topic, body: '2' },
      ]);
      await producer.shutdown();
      const transactional = new TransactionProducer({
        producerGroup: 'PT_TRACED',
        traceTopic: 'TransactionTraces',
        transactionListener: {
          executeLocalTransaction: () => 'ROLLBACK_MESSAGE',
          checkLocalTransaction: () => 'ROLLBACK_MESSAGE',
        },
        ...client,
      });
      stop.push(() => transactional.shutdown());
      await transactional.start();
      const half = await transactional.sendMessageInTransaction({ topic, body: 'half' }, undefined);
      await transactional.shutdown();
      assert.equal(producer.lostTraces + transactional.lostTraces, 0);

      const found = await traces(client.namesrvAddr, 'RMQ_SYS_TRACE_TOPIC', 4);
      for (const { type, region, group, success, storeHost, timeStamp, costTime } of found) {
        assert.deepEqual([type, region, group, success], ['Pub', 'DefaultRegion', 'PG_TRACED', true]);
        assert.equal(storeHost, pair.broker.address);
        assert.ok(Number(timeStamp) >= before && Number(timeStamp) <= Date.now());
        assert.ok(Number(costTime) >= 0 && Number(costTime) < 60_000);
      }
      const fields = ({ topic, msgId, offsetMsgId, tags, keys, msgType }: JavaEvent) => ({
        topic,
        msgId,
        offsetMsgId,
        tags,
        keys,
        msgType,
      });
      const none = { tags: 'null', keys: 'null', msgType: 'Normal_Msg' };
      const of = (msgId: string) => found.filter((trace) => trace.msgId === msgId).map(fields);
      const { msgId, offsetMsgId } = single;
      assert.deepEqual(of(msgId), [
        { topic, msgId, offsetMsgId, tags: 'TagA', keys: 'alpha beta', msgType: 'Normal_Msg' },
      ]);
      assert.deepEqual(of(bare.msgId), [
        { topic, msgId: bare.msgId, offsetMsgId: bare.offsetMsgId, ...none },
      ]);
      assert.deepEqual(of(batch.msgId), [
        { topic, msgId: batch.msgId, offsetMsgId: batch.offsetMsgId, ...none },
      ]);
      assert.deepEqual(of(delayed.msgId)[0]?.msgType, 'Delay_Msg');
      const bytes = found.map(({ bodyLength }) => Number(bodyLength));
      assert.ok(bytes.includes(6) && Math.max(...bytes) < 1000, 'of the body as it was sent');
      const allKeys = found.flatMap(({ messageKeys }) => String(messageKeys).split(' '));
      for (const key of ['alpha', 'beta', msgId, ...batch.msgId.split(',')])
        assert.ok(allKeys.includes(key), key);

      const [ofHalf] = await traces(client.namesrvAddr, 'TransactionTraces', 1);
      assert.deepEqual(
        [ofHalf?.group, ofHalf?.msgId, ofHalf?.msgType],
        ['PT_TRACED', half.msgId, 'Trans_Msg_Half'],
      );

      const consumer = new PushConsumer({
        consumerGroup: 'CG_TRACED',
        traceTopic: 'ConsumerTraces',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        ...client,
      });
      stop.push(() => consumer.shutdown());
      consumer.subscribe(topic);
      const consumed: string[] = [];
      consumer.registerMessageListener(([message]) => {
        assert.ok(message);
        consumed.push(message.msgId);
        if (message.msgId === bare.msgId) throw new Error('not this one');
      });
      await consumer.start();
      await until('all are consumed once', 30_000, () => new Set(consumed).size === 4);
      await consumer.shutdown();
      const calls = consumed.length;
      const subs = await traces(client.namesrvAddr, 'ConsumerTraces', 2 * calls);
      const started = subs.filter(({ type }) => type === 'SubBefore');
      assert.deepEqual(started.map(({ msgId: id }) => id).sort(), [...consumed].sort());
      for (const { group, region, requestId, msgId: id, keys, retryTimes } of started) {
        // Brokers note their region in messages only when they have hooks.
        assert.deepEqual([group, region], ['CG_TRACED', 'null']);
        const ended = subs.filter((trace) => trace.type === 'SubAfter' && trace.requestId === requestId);
        assert.equal(ended.length, 1);
        assert.deepEqual([ended[0]?.msgId, ended[0]?.keys], [id, keys]);
        const failed = id === bare.msgId;
        assert.deepEqual([ended[0]?.success, ended[0]?.contextCode], failed ? [false, 2] : [true, 0]);
        assert.equal(Number(retryTimes) === 0 || failed, true);
      }
    } finally {
      for (const each of stop) await each();
      await killPair(pair);
    }
  });
}

test('traces of official clients, read by ours', { timeout: 600_000 }, async () => {
  const pair = await startPair(startOurNamesrv, startOurBroker, { config });
  const namesrvAddr = pair.namesrv.address;
  const { consumer, consumed } = await startOurConsumer(namesrvAddr, 'CG_OURS', 'RMQ_SYS_TRACE_TOPIC');
  const found = () => consumed.flatMap(({ body }) => decodeTraceData(body));
  const traced = (what: string) =>
    startJavaMain('Traced', [namesrvAddr, 'JavaTraced', what], { properties: QUICK });
  const producer = await traced('produce');
  let listener: Program | undefined;
  try {
    await until(
      'the producer is traced',
      60_000,
      () => found().filter(({ type }) => type === 'Pub').length >= 3,
    );
    const sent = eventsOf(eventsIn(producer.lines), 'sent');
    const published = found().flatMap((trace) => (trace.type === 'Pub' ? [trace] : []));
    assert.deepEqual(published.map(({ msgId }) => msgId).sort(), sent.map(({ msgId }) => msgId).sort());
    const [tagged] = published.filter(({ msgId }) => msgId === sent[0]?.msgId);
    assert.ok(tagged);
    const { groupName, topic, tags, keys, storeHost, bodyLength, msgType, success } = tagged;
    // Java sends to the second port.
    assert.equal(storeHost, `127.0.0.1:${pair.broker.port - 2}`);
    assert.deepEqual(
      [groupName, topic, tags, keys, bodyLength, msgType, success],
      ['PG_JAVA_TRACED', 'JavaTraced', 'TagA', 'key', 1, 'Normal_Msg', true],
    );

    listener = await traced('consume');
    await until('the consumer is traced', 60_000, () => found().length >= 3 + 2 * 4);
    const calls = eventsOf(eventsIn(listener.lines), 'consumed');
    const ids = calls.map(({ msgId }) => msgId).sort();
    assert.equal(ids.length, 4);
    const before = found().flatMap((trace) => (trace.type === 'SubBefore' ? [trace] : []));
    const after = found().flatMap((trace) => (trace.type === 'SubAfter' ? [trace] : []));
    assert.deepEqual(before.map(({ msgId }) => msgId).sort(), ids);
    for (const { requestId, msgId } of before) {
      const [end] = after.filter((trace) => trace.requestId === requestId);
      assert.deepEqual([end?.msgId, end?.success, end?.contextCode], [msgId, true, 'SUCCESS']);
    }
  } finally {
    await Promise.all([producer.kill(), listener?.kill()]);
    await consumer.shutdown();
    await killPair(pair);
  }
});
