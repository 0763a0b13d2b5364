/**
 * What listeners cannot consume: it comes again after growing delays and ends as a dead letter, also when it cannot be sent
 * back, or is never done with; in order it holds up its queue, and with autoCommit off it is rolled back to the last commit.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AdminClient, newTopicConfig } from '@rocketmq-ts/admin';
import type { Delivery, Member, MemberOptions } from './harness/members.ts';
import { createTopic, withProducer } from './harness/our-clients.ts';
import { type Pair, sleep, until } from './harness/pair.ts';
import { type Pairing, pairings, step } from './harness/pairings.ts';
import { countTopic, readTopic, type StoredRecord } from './harness/read-topic.ts';

/** The first retry takes level 3, the second one level 4. */
const messageDelayLevel = '1s 2s 1s 2s 3s';
const RETRY_DELAYS_MS = [1000, 2000];
/** What a busy machine may add. */
const LATE_MS = 30_000;
const TIMEOUT_MS = 120_000;
const { ofBoth } = pairings({ broker: { config: { messageDelayLevel } } });

test('each client at each broker', { timeout: 600_000, concurrency: ofBoth.length }, async (t) => {
  await Promise.all(ofBoth.map((pairing) => t.test(pairing.name, (each) => failures(each, pairing))));
});

async function failures(t: TestContext, pairing: Pairing): Promise<void> {
  const { key } = pairing;
  const servers = await pairing.pair();
  const members = await pairing.members();
  const group = (kind: string): string => `CG_${key}_${kind}`;
  const start = (kind: string, options: Partial<MemberOptions>): Promise<Member> =>
    members.start({
      group: group(kind),
      topic: kind + key,
      // A group that refuses requests refuses those of its whole client.
      instance: `${key}-${kind}`,
      maxReconsumeTimes: 2,
      ...options,
    });
  const send = (kind: string, bodies: readonly string[]): Promise<void> =>
    sendAll(servers, kind + key, bodies);
  for (const kind of ['Again', 'Refused', 'Hangs', 'Ordered', 'Commits'])
    await createTopic(servers.namesrv.address, kind + key, 1);

  await step(t, 'after growing delays, and a dead letter in the end', async (each) => {
    const bodies = ['good', 'once', 'bad'];
    await send('Again', bodies);
    const member = await start('Again', {
      answers: {
        once: ['RECONSUME_LATER', 'CONSUME_SUCCESS'],
        bad: ['RECONSUME_LATER', 'THROW', 'RECONSUME_LATER'],
      },
    });
    await until('all attempts are made', TIMEOUT_MS, () => member.consumed().length >= 6);
    await oneIsDead(servers, group('Again'), `Again${key}`, 'bad');
    await member.stop();
    assert.deepEqual(attempts(member), ['bad 0', 'bad 1', 'bad 2', 'good 0', 'once 0', 'once 1']);
    for (const body of bodies) assertSame(each, member, body);
  });

  // Beyond the last but one attempt this would be a dead letter one attempt earlier: the broker counts it as sent anew.
  await step(t, 'by a message of its own when it cannot be sent back', async (each) => {
    await send('Refused', ['good', 'twice', 'bad']);
    const member = await start('Refused', {
      refusedSendBacks: 2,
      answers: {
        twice: ['RECONSUME_LATER', 'RECONSUME_LATER', 'CONSUME_SUCCESS'],
        bad: ['RECONSUME_LATER'],
      },
    });
    await until('all attempts are made', TIMEOUT_MS, () => member.consumed().length >= 7);
    await oneIsDead(servers, group('Refused'), `Refused${key}`, 'bad');
    await member.stop();
    assert.deepEqual(attempts(member), [
      'bad 0',
      'bad 1',
      'bad 2',
      'good 0',
      'twice 0',
      'twice 1',
      'twice 2',
    ]);
    for (const body of ['twice', 'bad']) assertSame(each, member, body);
  });

  await step(t, 'when a listener has it for longer than consumeTimeout', async (each) => {
    await send('Hangs', ['hangs', 'next']);
    const member = await start('Hangs', { answers: { hangs: ['HANG', 'CONSUME_SUCCESS'] } });
    await until('the listener has both', TIMEOUT_MS, () => member.consumed().length === 2);
    await sleep(50); // longer than the time-out that the official member is given
    await member.expire();
    await until('it comes again', TIMEOUT_MS, () => member.consumed().length >= 3);
    await sleep(300);
    assert.deepEqual(attempts(member), ['hangs 0', 'hangs 1', 'next 0']);
    assertSame(each, member, 'hangs');
    await member.stop();
  });

  await step(t, 'in order, it holds up its queue, and is a dead letter in the end', async () => {
    await send('Ordered', ['bad', 'good', 'once', 'last']);
    const member = await start('Ordered', {
      orderly: true,
      answers: {
        bad: ['SUSPEND_CURRENT_QUEUE_A_MOMENT'],
        once: ['SUSPEND_CURRENT_QUEUE_A_MOMENT', 'SUCCESS'],
      },
    });
    await until('the last one is consumed', TIMEOUT_MS, () => member.consumed().length >= 7);
    await oneIsDead(servers, group('Ordered'), `Ordered${key}`, 'bad');
    await member.stop();
    assert.deepEqual(inOrder(member), ['bad 0', 'bad 1', 'bad 2', 'good 0', 'once 0', 'once 1', 'last 0']);
    const [first, second] = member.consumed();
    assert.ok(first && second && second.atMs - first.atMs >= 200, 'suspendCurrentQueueTimeMillis');
  });

  await t.test(
    'autoCommit off: a rollback to the last commit, and where the next member begins',
    async () => {
      await send('Commits', ['a', 'b', 'c', 'd', 'e']);
      const options: Partial<MemberOptions> = {
        orderly: true,
        manualCommit: true,
        answers: { b: ['ROLLBACK', 'COMMIT'], d: ['ROLLBACK', 'SUCCESS'] },
      };
      const member = await start('Commits', options);
      await until('the last one is consumed', TIMEOUT_MS, () => member.consumed().length >= 9);
      await sleep(300);
      await member.stop();
      // First a and b again, then, b being committed, c and d.
      assert.deepEqual(bodiesOf(member), ['a', 'b', 'a', 'b', 'c', 'd', 'c', 'd', 'e']);
      const next = await start('Commits', { ...options, answers: { e: ['COMMIT'] } });
      await until('what was not committed is consumed', TIMEOUT_MS, () => next.consumed().length >= 3);
      await sleep(300);
      await next.stop();
      assert.deepEqual(bodiesOf(next), ['c', 'd', 'e']);
      const last = await start('Commits', options);
      await send('Commits', ['f']);
      await until('f is consumed', TIMEOUT_MS, () => last.consumed().length >= 1);
      await last.stop();
      assert.deepEqual(bodiesOf(last), ['f']);
    },
  );
}

/** Every attempt at a message looks like the first one, and was stored at its time. */
function assertSame(t: TestContext, member: Member, body: string): void {
  const all = member.consumed().filter((delivery) => delivery.body === body);
  const [first] = all;
  assert.ok(first);
  for (const [i, { topic, msgId, properties, storeTimestamp }] of all.entries()) {
    assert.equal(topic, first.topic);
    assert.equal(msgId, first.msgId);
    const { TAGS, KEYS, own } = properties;
    assert.deepEqual({ TAGS, KEYS, own }, { TAGS: 'TagR', KEYS: `key-${body}`, own: `${body}-property` });
    if (i === 0) continue;
    const before = all[i - 1] as Delivery;
    const lateMs = storeTimestamp - before.atMs - (RETRY_DELAYS_MS[i - 1] as number);
    t.diagnostic(`${body}: attempt ${i + 1} was stored ${lateMs} ms after its time`);
    assert.ok(
      lateMs >= -1 && lateMs <= LATE_MS,
      `${body}: attempt ${i + 1} was stored ${lateMs} ms after its time`,
    );
  }
}

/** The group's dead letters are this one, with all that it was. */
async function oneIsDead(servers: Pair, group: string, origin: string, body: string): Promise<void> {
  const topic = `%DLQ%${group}`;
  const count = () => countTopic(servers.broker.address, topic, 1);
  await until('there is a dead letter', TIMEOUT_MS, async () => (await count()) > 0);
  // Dead letters can be read once somebody has given the permission.
  const admin = new AdminClient({ namesrvAddr: servers.namesrv.address });
  try {
    await admin.createAndUpdateTopicConfig(
      servers.broker.address,
      newTopicConfig(topic, { readQueueNums: 1, writeQueueNums: 1, perm: 6 }),
    );
  } finally {
    await admin.close();
  }
  await sleep(300); // another one would come now
  const dead = await readTopic(servers.broker.address, topic, 1);
  assert.equal(dead.length, 1);
  const record = dead[0] as StoredRecord;
  assert.equal(record.body.toString(), body);
  const { TAGS, KEYS, own, RETRY_TOPIC } = Object.fromEntries(record.properties);
  assert.deepEqual(
    { TAGS, KEYS, own, RETRY_TOPIC },
    { TAGS: 'TagR', KEYS: `key-${body}`, own: `${body}-property`, RETRY_TOPIC: origin },
  );
}

/** With how often each was tried before, by body. */
function attempts(member: Member): string[] {
  return inOrder(member).sort();
}

function inOrder(member: Member): string[] {
  return member.consumed().map(({ body, reconsumeTimes }) => `${body} ${reconsumeTimes}`);
}

function bodiesOf(member: Member): string[] {
  return member.consumed().map(({ body }) => body);
}

async function sendAll(servers: Pair, topic: string, bodies: readonly string[]): Promise<void> {
  await withProducer(servers.namesrv.address, async (producer) => {
    for (const body of bodies)
      await producer.send({
        topic,
        body,
        tags: 'TagR',
        keys: `key-${body}`,
        properties: { own: `${body}-property` },
      });
  });
}
