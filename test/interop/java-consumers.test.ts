/**
 * Every way to consume, with the official client on our broker: what fails comes again and ends as a dead letter; in order
 * while members come and go; broadcasting; where consumers start, and where they go on when their offsets are reset.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodiesOf, eventsOf, type JavaEvent, javaEvents } from './harness/java-events.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair } from './harness/pair.ts';

/** The first retry takes level 3, the second one level 4. */
const RETRY_DELAYS_MS = [1000, 2000];
/** What a broker on a very busy machine may add; how exact it is on a quiet one is measured by the benchmarks. */
const LATE_MS = 30_000;
const pair = sharedPair(startOurNamesrv, startOurBroker, { config: { messageDelayLevel: '1s 2s 1s 2s 3s' } });
let retried: Promise<JavaEvent[]> | undefined;
/** One run of the driver for two tests. */
function retries(namesrvAddr: string, brokerAddr: string): Promise<JavaEvent[]> {
  retried ??= javaEvents('Retries', [namesrvAddr, brokerAddr]);
  return retried;
}

test('what fails comes again after growing delays, and is a dead letter after maxReconsumeTimes', {
  timeout: 600_000,
}, async (t) => {
  const { namesrv, broker } = await pair();
  const events = await retries(namesrv.address, broker.address);
  assert.equal(eventsOf(events, 'end')[0]?.all, true);
  const attempts = (body: string) => eventsOf(events, 'concurrent').filter((event) => event.body === body);
  assert.deepEqual(attemptsOf(attempts('good')), [0]);
  assert.deepEqual(attemptsOf(attempts('once')), [0, 1]);
  assert.deepEqual(attemptsOf(attempts('bad')), [0, 1, 2]);
  for (const body of ['once', 'bad']) {
    const all = attempts(body);
    for (let i = 1; i < all.length; i++) {
      const [before, now] = [all[i - 1] as JavaEvent, all[i] as JavaEvent];
      const lateMs = now.storeTimestamp - before.atMs - (RETRY_DELAYS_MS[i - 1] as number);
      t.diagnostic(`${body}: attempt ${i + 1} was stored ${lateMs} ms after its time`);
      assert.ok(lateMs >= -1 && lateMs <= LATE_MS, `${body}: ${lateMs} ms`);
      // It looks as it looked the first time.
      assert.equal(now.topic, 'Retry');
      assert.equal(now.msgId, before.msgId);
      const { TAGS, KEYS, own } = now.properties;
      assert.deepEqual({ TAGS, KEYS, own }, { TAGS: 'TagR', KEYS: `key-${body}`, own: `${body}-property` });
    }
  }
  const [dead, ...more] = eventsOf(events, 'dead', 'CG_RETRY');
  assert.ok(dead);
  assert.deepEqual(more, []);
  assert.equal(dead.body, 'bad');
  assert.equal(dead.reconsumeTimes, 3);
  assert.equal(dead.properties.RETRY_TOPIC, 'Retry');
  assert.ok(dead.properties.ORIGIN_MESSAGE_ID);
});

test('the traces of a consumer are stored, and read by the official decoder', {
  timeout: 600_000,
}, async () => {
  const { namesrv, broker } = await pair();
  const events = await retries(namesrv.address, broker.address);
  const ids = eventsOf(events, 'concurrent')
    .map(({ msgId }) => msgId)
    .sort();
  const traces = eventsOf(events, 'trace');
  const of = (wanted: string) => traces.filter(({ type }) => type === wanted);
  const idsOf = (list: readonly JavaEvent[]) => list.map(({ msgId }) => msgId).sort();
  assert.deepEqual(idsOf(of('SubBefore')), ids);
  assert.deepEqual(idsOf(of('SubAfter')), ids);
  assert.ok(of('SubBefore').every(({ group }) => group === 'CG_RETRY'));
  assert.equal(of('SubAfter').filter(({ success }) => success === true).length, 2);
});

test('in order, a message that fails holds up its queue, then is a dead letter', async () => {
  const { namesrv, broker } = await pair();
  const events = await retries(namesrv.address, broker.address);
  assert.deepEqual(
    eventsOf(events, 'orderly').map(({ body, reconsumeTimes }) => `${body} ${reconsumeTimes}`),
    ['bad 0', 'bad 1', 'bad 2', 'good 0', 'once 0', 'once 1', 'last 0'],
  );
  const [first, second] = eventsOf(events, 'orderly');
  assert.ok(first && second && second.atMs - first.atMs >= 200, 'suspendCurrentQueueTimeMillis');
  assert.deepEqual(bodiesOf(eventsOf(events, 'dead', 'CG_RETRY_ORDERLY')), ['bad']);
});

test('in order while members join and leave: no message lost, none twice at one time, none before another', {
  timeout: 600_000,
}, async (t) => {
  const { namesrv } = await pair();
  const events = await javaEvents('OrderlyMembers', [namesrv.address, 'Orderly']);
  const sent = Number(eventsOf(events, 'end')[0]?.sent);
  const queues = new Map<string, { next: number; busy: string | undefined; again: number }>();
  for (const { event, member, body } of events) {
    if (event !== 'begun' && event !== 'done') continue;
    const [queue, number] = body.split('/') as [string, string];
    const state = queues.get(queue) ?? { next: 0, busy: undefined, again: 0 };
    queues.set(queue, state);
    if (event === 'done') {
      assert.equal(state.busy, member, `queue ${queue} is done by ${member}`);
      state.busy = undefined;
    } else {
      assert.equal(state.busy, undefined, `queue ${queue}: ${member} begins while another one is at it`);
      state.busy = member;
      assert.ok(Number(number) <= state.next, `queue ${queue}: ${number} came before ${state.next}`);
      if (Number(number) === state.next) state.next++;
      else state.again++;
    }
  }
  const total = [...queues.values()].reduce((sum, { next }) => sum + next, 0);
  assert.equal(total, sent);
  assert.equal(queues.size, 8);
  // What a member had done when it gave the queue away, and could not say any more.
  const again = [...queues.values()].reduce((sum, state) => sum + state.again, 0);
  t.diagnostic(`${sent} messages, ${again} came again at changes`);
  for (const member of ['A', 'B', 'C']) assert.ok(eventsOf(events, 'done', member).length > 50, member);
});

test('first, last, timestamp, broadcasting; offsets reset while the consumer is online', {
  timeout: 600_000,
}, async () => {
  const { namesrv } = await pair();
  const events = await javaEvents('Positions', [namesrv.address]);
  const startedMs = eventsOf(events, 'started')[0]?.atMs ?? 0;
  const resetMs = eventsOf(events, 'reset')[0]?.atMs ?? 0;
  const before = events.filter(({ atMs }) => atMs < resetMs);
  const of = (member: string, list = before) => bodiesOf(eventsOf(list, 'consumed', member)).sort();
  const all = ['old', 'mid', 'new', 'away'].flatMap(names);
  assert.deepEqual(of('first'), all.sort());
  // As 4.4.0: a group that is new to queues whose first message is still in memory starts with that message, always.
  assert.deepEqual(of('last'), all);
  assert.deepEqual(of('time'), all);
  // Each of the broadcasting group gets each message, from the end of the queues on, also what came while it was away.
  for (const member of ['one', 'two']) assert.deepEqual(of(member), ['new', 'away'].flatMap(names).sort());
  assert.ok(eventsOf(before, 'consumed', 'one').every(({ atMs }) => atMs >= startedMs));
  const after = events.filter(({ atMs }) => atMs >= resetMs);
  assert.equal(eventsOf(events, 'reset')[0]?.queues, 4);
  assert.deepEqual(of('first', after), ['mid', 'new', 'away'].flatMap(names).sort());
  assert.deepEqual(of('last', after), []);
});

function names(name: string): string[] {
  return Array.from({ length: 12 }, (_, i) => `${name}-${i}`);
}

function attemptsOf(events: readonly JavaEvent[]): number[] {
  return events.map(({ reconsumeTimes }) => reconsumeTimes);
}
