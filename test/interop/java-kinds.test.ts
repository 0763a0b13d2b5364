/**
 * Every kind of message, with the official client on our broker: delayed, in batches, chosen by SQL92 expressions, in
 * transactions; found by key and ids; traced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodiesOf, eventsOf, type JavaEvent, javaEvents } from './harness/java-events.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair } from './harness/pair.ts';

const DELAYS_MS = [1000, 2000, 3000];
/** What a broker on a very busy machine may add; how exact it is on a quiet one is measured by the benchmarks. */
const LATE_MS = 30_000;
const pair = sharedPair(startOurNamesrv, startOurBroker, {
  config: {
    messageDelayLevel: '1s 2s 3s',
    enablePropertyFilter: true,
    // A client may stand still that long before it is asked about what it has answered.
    transactionTimeOut: 5000,
    transactionCheckInterval: 1500,
  },
});

let kinds: Promise<JavaEvent[]> | undefined;
/** One run of the driver for all tests but one. */
async function run(): Promise<JavaEvent[]> {
  const { namesrv } = await pair();
  // The last level stands for every one beyond it.
  kinds ??= javaEvents('Kinds', [namesrv.address, '1', '2', '3', '9']);
  return kinds;
}

test('delay levels: not before their time, and not long after it', { timeout: 600_000 }, async (t) => {
  const events = await run();
  const sent = eventsOf(events, 'delayed');
  assert.deepEqual(bodiesOf(sent), ['level 1', 'level 2', 'level 3', 'level 9']);
  for (const [i, { body, startMs, endMs, status }] of sent.entries()) {
    assert.equal(status, 'SEND_OK');
    const consumed = eventsOf(events, 'consumed', 'CG_DELAYED').filter((event) => event.body === body);
    assert.equal(consumed.length, 1, body);
    const delayMs = DELAYS_MS[Math.min(i, 2)] as number;
    const { storeTimestamp, atMs, topic, properties } = consumed[0] as JavaEvent;
    t.diagnostic(
      `${body}: stored ${storeTimestamp - Number(endMs) - delayMs} ms, consumed ${atMs - Number(endMs) - delayMs} ms after its time`,
    );
    assert.ok(storeTimestamp >= Number(startMs) + delayMs, `${body} is early`);
    assert.ok(storeTimestamp <= Number(endMs) + delayMs + LATE_MS, `${body} is late`);
    assert.equal(topic, 'Delayed');
    assert.equal(properties.REAL_TOPIC, 'Delayed');
  }
});

test('a batch: each message with its own ids, tags and offsets, in order', { timeout: 600_000 }, async () => {
  const events = await run();
  const batch = eventsOf(events, 'batch')[0];
  assert.ok(batch);
  const msgIds = String(batch.msgIds).split(',');
  const offsetMsgIds = String(batch.offsetMsgIds).split(',');
  assert.equal(msgIds.length, 30);
  assert.equal(new Set(offsetMsgIds).size, 30);
  const consumed = eventsOf(events, 'consumed', 'CG_BATCHES').filter(({ body }) => body !== 'first');
  consumed.sort((a, b) => a.queueOffset - b.queueOffset);
  const expected = Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 3 !== 2);
  assert.deepEqual(
    bodiesOf(consumed),
    expected.map((i) => `b${i}`),
  );
  for (const [n, i] of expected.entries()) {
    const { queueOffset, msgId, properties } = consumed[n] as JavaEvent;
    assert.equal(queueOffset, Number(batch.queueOffset) + i);
    assert.equal(msgId, msgIds[i]);
    assert.equal(properties.number, String(i));
    assert.equal(properties.KEYS, `batch-${i}`);
  }
});

test('an SQL92 expression chooses; a wrong one is refused at the start', { timeout: 600_000 }, async () => {
  const events = await run();
  assert.deepEqual(bodiesOf(eventsOf(events, 'consumed', 'CG_SQL')).sort(), ['1/yes', '2/yes', '3/yes']);
  const [broken] = eventsOf(events, 'broken');
  assert.equal(broken?.refused, true);
  assert.equal(broken.code, 23);
});

test('messages are found by key, unique key and offset id, within the time asked for', {
  timeout: 600_000,
}, async () => {
  const events = await run();
  const found = (what: string) => bodiesOf(eventsOf(events, 'found', what)).sort();
  assert.deepEqual(found('key alpha'), ['keyed']);
  assert.deepEqual(found('key beta'), ['keyed', 'other']);
  assert.deepEqual(found('key gamma'), []);
  assert.deepEqual(found('too early'), []);
  assert.deepEqual(
    eventsOf(events, 'not found').map(({ member, code }) => [member, code]),
    [
      ['key gamma', 208],
      ['too early', 208],
    ],
  );
  const [sent] = eventsOf(events, 'sent');
  for (const what of ['unique key', 'offset id', 'key alpha']) {
    const [message] = eventsOf(events, 'found', what);
    assert.equal(message?.body, 'keyed', what);
    assert.equal(message.properties.UNIQ_KEY, sent?.msgId, what);
    assert.equal(message.properties.KEYS, 'alpha beta');
  }
});

test('offsets by time, the earliest store time', { timeout: 600_000 }, async () => {
  const [offsets] = eventsOf(await run(), 'offsets');
  assert.ok(offsets);
  const { queueOffset, stored, min, max, atStored, longBefore, earliest } = offsets;
  // The first message of its queue; the other one went to the next queue.
  assert.deepEqual(
    { queueOffset, min, max, atStored, longBefore },
    { queueOffset: 0, min: 0, max: 1, atStored: 0, longBefore: 0 },
  );
  assert.equal(earliest, stored);
});

test('the traces of a producer are stored, and read by the official decoder', {
  timeout: 600_000,
}, async () => {
  const events = await run();
  const [sent] = eventsOf(events, 'sent');
  const traces = eventsOf(events, 'trace');
  const published = traces.filter(({ type, msgId }) => type === 'Pub' && msgId === sent?.msgId);
  assert.deepEqual(
    published.map(({ group, success, topic, keys, offsetMsgId }) => [
      group,
      success,
      topic,
      keys,
      offsetMsgId,
    ]),
    [['PG_KINDS', true, 'Keyed', 'alpha beta', sent?.offsetMsgId]],
    `of ${sent?.msgId} among ${JSON.stringify(traces)}`,
  );
  const batchIds = eventsOf(events, 'batch')[0]?.msgIds;
  assert.equal(traces.filter(({ type, msgId }) => type === 'Pub' && msgId === batchIds).length, 1);
});

test('transactions: committed, rolled back, asked about', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const committed = ['commit', 'unknown:commit', 'unknown:unknown:commit', 'throw:commit'];
  const others = ['rollback', 'unknown:rollback', 'unknown:throw:rollback'];
  const events = await javaEvents('Transactions', [namesrv.address, '2000', ...committed, ...others]);
  const sent = eventsOf(events, 'sent');
  assert.deepEqual(bodiesOf(sent), [...committed, ...others]);
  assert.ok(sent.every(({ status }) => status === 'SEND_OK'));
  assert.deepEqual(bodiesOf(eventsOf(events, 'consumed')).sort(), committed.sort());
  const times = new Map<string, number>();
  for (const { body } of eventsOf(events, 'checked')) times.set(body, (times.get(body) ?? 0) + 1);
  const expected = [
    ['throw:commit', 1],
    ['unknown:commit', 1],
    ['unknown:rollback', 1],
    ['unknown:throw:rollback', 2],
    ['unknown:unknown:commit', 2],
  ] as const;
  assert.deepEqual(
    [...times.keys()].sort(),
    expected.map(([body]) => body),
  );
  // A client that is slow to answer is asked once more.
  for (const [body, least] of expected) assert.ok((times.get(body) ?? 0) >= least, body);
  for (const { body, msgId, topic, properties, queueOffset } of eventsOf(events, 'consumed')) {
    assert.equal(topic, 'JavaTx');
    assert.equal(properties.TAGS, 'TagT', body);
    assert.equal(msgId, sent.find((event) => event.body === body)?.msgId);
    assert.ok(queueOffset >= 0);
  }
});
