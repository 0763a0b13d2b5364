/**
 * What the official client sends to our broker arrives whole: tags, keys, properties, flags, unicode, compressed
 * bodies; sent synchronously, asynchronously, one-way, with a selector and in batches; with JSON and binary headers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaConsume, javaSend, type SendMode, type Serialize } from './harness/java-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair, until } from './harness/pair.ts';
import { countTopic, readTopic } from './harness/read-topic.ts';
import { assertConsumed, assertStored, sampleMessages } from './harness/sample-messages.ts';

const COUNT = 200;
const pair = sharedPair(startOurNamesrv, startOurBroker);

const modes: [SendMode, Serialize][] = [
  ['sync', 'JSON'],
  ['sync', 'ROCKETMQ'],
  ['async', 'JSON'],
  ['async', 'ROCKETMQ'],
  ['oneway', 'JSON'],
  ['selector', 'ROCKETMQ'],
  ['batch', 'JSON'],
  ['batch', 'ROCKETMQ'],
];

for (const [mode, serializeType] of modes) {
  test(`official client, ${mode} sends, ${serializeType} headers: stored whole`, {
    timeout: 600_000,
  }, async () => {
    const { namesrv, broker } = await pair();
    const topic = `Messages-${mode}-${serializeType}`;
    const sent = sampleMessages(COUNT, mode !== 'batch'); // batches are never compressed
    const results = await javaSend(namesrv.address, topic, sent, mode, serializeType);
    await until(`${COUNT} stored`, 10_000, async () => (await countTopic(broker.address, topic)) === COUNT);
    const stored = await readTopic(broker.address, topic);
    assertStored(stored, sent);
    assert.equal(stored.filter((record) => record.compressed).length, mode === 'batch' ? 0 : 40);
    if (mode === 'oneway') return;
    // every answer names the place where that message is
    const byPlace = new Map(stored.map((record) => [`${record.queueId}@${record.queueOffset}`, record]));
    for (const result of results) {
      assert.equal(result.status, 'SEND_OK');
      const record = byPlace.get(`${result.queueId}@${result.queueOffset}`);
      assert.ok(record, `nothing at ${result.queueId}@${result.queueOffset}`);
      assert.deepEqual(record.body, sent[result.index]?.body);
      assert.equal(record.properties.get('UNIQ_KEY'), result.msgId.split(',')[0]);
      assert.equal(Number(`0x${result.offsetMsgId.split(',')[0]?.slice(16)}`), record.physicalOffset);
    }
    const messagesOfResult = mode === 'batch' ? 10 : 1;
    assert.equal(results.length, COUNT / messagesOfResult);
    for (const result of results) assert.equal(result.msgId.split(',').length, messagesOfResult);
  });
}

test('official consumer, all of it', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const sent = sampleMessages(COUNT);
  const topic = 'Messages-sync-JSON';
  const consumed = await javaConsume({
    namesrvAddr: namesrv.address,
    group: 'CG_ALL',
    topic,
    expected: COUNT,
  });
  assertConsumed(consumed, sent);
});

test('official consumer with binary headers, a selection of tags', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const sent = sampleMessages(COUNT).filter(({ tags }) => tags === 'TagA' || tags === '标签');
  const consumed = await javaConsume({
    namesrvAddr: namesrv.address,
    group: 'CG_TAGS',
    topic: 'Messages-sync-ROCKETMQ',
    expression: 'TagA || 标签',
    expected: sent.length,
    serializeType: 'ROCKETMQ',
  });
  assertConsumed(consumed, sent);
});

test('our servers answering with binary headers', { timeout: 600_000 }, async () => {
  const namesrv = await startOurNamesrv({ serializeType: 'ROCKETMQ' });
  const broker = await startOurBroker({ namesrvAddr: namesrv.address, serializeType: 'ROCKETMQ' });
  try {
    const sent = sampleMessages(COUNT);
    const topic = 'Binary';
    await javaSend(namesrv.address, topic, sent, 'sync', 'JSON');
    const options = { namesrvAddr: namesrv.address, topic, expected: COUNT };
    assertConsumed(await javaConsume({ ...options, group: 'CG_B' }), sent);
    assertConsumed(await javaConsume({ ...options, group: 'CG_C', serializeType: 'ROCKETMQ' }), sent);
  } finally {
    await broker.program.kill();
    await namesrv.program.kill();
  }
});
