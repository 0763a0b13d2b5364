/**
 * Where groups begin (first, last, a time), where they go on (reset while a member is online, offsets cloned from another group), and
 * that a suspended member pulls nothing: exactly which messages come, and which do not.
 *
 * 4.4.0's brokers have a new group begin at the first message, whatever it asks for, as long as that message counts as being
 * in memory. Most of this is with accessMessageInMemoryMaxRatio=0, so that none does; the end is with the default.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { assertBodies, type Member, type MemberOptions } from './harness/members.ts';
import { createTopic, withProducer } from './harness/our-clients.ts';
import { type Pair, sleep, until } from './harness/pair.ts';
import { type Pairing, pairings, step } from './harness/pairings.ts';
import { countTopic, readTopic } from './harness/read-topic.ts';

const QUEUES = 4;
const PER_QUEUE = 3;
/** Offsets of consumers are stored every five seconds. */
const STORED_TIMEOUT_MS = 120_000;
const { ofBoth } = pairings({ broker: { config: { accessMessageInMemoryMaxRatio: 0 } } });

test('each client at each broker', { timeout: 600_000, concurrency: ofBoth.length }, async (t) => {
  await Promise.all(ofBoth.map((pairing) => t.test(pairing.name, (each) => positions(each, pairing))));
});

async function positions(t: TestContext, pairing: Pairing): Promise<void> {
  const { key } = pairing;
  const servers = await pairing.pair();
  const members = await pairing.members();
  const { topic, middleMs } = await oldAndMid(servers, key);
  const group = (name: string): string => `CG_${key}_${name}`;
  const start = (name: string, options: Partial<MemberOptions> = {}): Promise<Member> =>
    members.start({ group: group(name), topic, instance: `${key}-${name}`, ...options });
  const send = (name: string): Promise<void> => sendToAll(servers, topic, name);
  const first = await start('first');
  const last = await start('last', { from: 'CONSUME_FROM_LAST_OFFSET' });
  const time = await start('time', { from: 'CONSUME_FROM_TIMESTAMP', timestamp: compact(middleMs) });

  await step(t, 'first, last, a time', async () => {
    // A member has a queue once it knows where to begin in it.
    await until('all have their queues', 120_000, () =>
      [first, last, time].every((member) => member.share().length === QUEUES),
    );
    await send('new');
    await assertConsumed(first, ['old', 'mid', 'new']);
    await assertConsumed(last, ['new']);
    await assertConsumed(time, ['mid', 'new']);
  });

  await step(t, 'offsets are asked for', async () => {
    for (const name of ['first', 'last', 'time'])
      await offsetsAreStored(servers, topic, group(name), 3 * PER_QUEUE);
  });

  await step(t, 'a reset while the member is online', async () => {
    await withAdmin(servers, async (admin) => {
      const offsets = await admin.resetOffsetByTimestamp(topic, group('first'), middleMs, true);
      assert.deepEqual([...offsets.values()], Array(QUEUES).fill(PER_QUEUE));
    });
    await assertConsumed(first, ['old', 'mid', 'new', 'mid', 'new']);
    await send('reset');
    await assertConsumed(first, ['old', 'mid', 'new', 'mid', 'new', 'reset']);
    await assertConsumed(last, ['new', 'reset']);
  });

  await step(t, 'offsets cloned from another group', async () => {
    await last.stop();
    await offsetsAreStored(servers, topic, group('last'), 4 * PER_QUEUE);
    await send('late');
    await withAdmin(servers, (admin) => admin.cloneGroupOffset(group('last'), group('clone'), topic, true));
    const clone = await start('clone');
    await assertConsumed(clone, ['late']);
    const again = await start('last', { from: 'CONSUME_FROM_LAST_OFFSET' });
    await assertConsumed(again, ['late']);
    await Promise.all([clone.stop(), again.stop()]);
  });

  await step(t, 'suspended, a member pulls nothing until it is resumed', async () => {
    await assertConsumed(time, ['mid', 'new', 'reset', 'late']);
    await time.suspend();
    // Answers the pulls that were on their way.
    await send('held');
    const deadlineMs = Date.now() + 5000;
    while (queuesOf(time, 'held') < QUEUES && Date.now() < deadlineMs) await sleep(50);
    await send('suspended');
    await sleep(1500);
    assert.equal(queuesOf(time, 'suspended'), 0);
    await time.resume();
    await assertConsumed(time, ['mid', 'new', 'reset', 'late', 'held', 'suspended']);
  });
  await Promise.all([first.stop(), time.stop()]);
}

/**
 * A topic with messages of two times, and a whole second in between. A broker begins with the message that is nearest to the time it is
 * asked for, so the second has to be nearer to the later ones in every queue; a machine that stands still meanwhile has it made again.
 */
async function oldAndMid(servers: Pair, key: string): Promise<{ topic: string; middleMs: number }> {
  for (let attempt = 1; ; attempt++) {
    const topic = `Positions${key}${attempt}`;
    await createTopic(servers.namesrv.address, topic, QUEUES);
    await sendToAll(servers, topic, 'old');
    await sleep(3500);
    await sendToAll(servers, topic, 'mid');
    const isThere = async () =>
      (await countTopic(servers.broker.address, topic, QUEUES)) === 2 * PER_QUEUE * QUEUES;
    await until('all are in their queues', 120_000, isThere);
    const stored = await readTopic(servers.broker.address, topic, QUEUES);
    const timesOf = (offset: number): number[] =>
      stored
        .filter(({ queueOffset }) => queueOffset === offset)
        .map(({ storeTimestampMs }) => storeTimestampMs);
    const firstMid = timesOf(PER_QUEUE);
    const middleMs = Math.floor(Math.min(...firstMid) / 1000) * 1000;
    const lastOldMs = Math.max(...timesOf(PER_QUEUE - 1));
    if (Math.max(...firstMid) - middleMs < middleMs - lastOldMs) return { topic, middleMs };
    assert.ok(attempt < 5, 'the machine stands still again and again');
  }
}

for (const pairing of ofBoth) {
  test(`a new group begins at the first message where that is in memory: ${pairing.name}`, {
    timeout: 600_000,
  }, async () => {
    const topic = `InMemory${pairing.key}`;
    const servers = await pairing.pair();
    await createTopic(servers.namesrv.address, topic, QUEUES);
    await sendToAll(servers, topic, 'old');
    const members = await pairing.members();
    await withAdmin(servers, async (admin) => {
      const setRatio = (percent: number) =>
        admin.updateBrokerConfig(
          servers.broker.address,
          new Map([['accessMessageInMemoryMaxRatio', `${percent}`]]),
        );
      await setRatio(40);
      const member = await members.start({
        group: `CG_${topic}`,
        topic,
        instance: topic,
        from: 'CONSUME_FROM_LAST_OFFSET',
      });
      await assertConsumed(member, ['old']);
      await member.stop();
      await setRatio(0);
    });
  });
}

function queuesOf(member: Member, name: string): number {
  const own = member.consumed().filter(({ body }) => body.startsWith(`${name} `));
  return new Set(own.map(({ queueId }) => queueId)).size;
}

/** Exactly the messages of these names, so often as they are named, and no others. */
async function assertConsumed(member: Member, names: readonly string[]): Promise<void> {
  const expected = names.flatMap((name) =>
    Array.from({ length: QUEUES }, (_, queue) => bodiesOf(name, queue)).flat(),
  );
  await assertBodies(member, expected);
}

function bodiesOf(name: string, queue: number): string[] {
  return Array.from({ length: PER_QUEUE }, (_, i) => `${name} ${queue}/${i}`);
}

async function sendToAll(servers: Pair, topic: string, name: string): Promise<void> {
  await withProducer(servers.namesrv.address, async (producer) => {
    const queues = await producer.fetchPublishMessageQueues(topic);
    for (const queue of queues)
      for (const body of bodiesOf(name, queue.queueId)) await producer.send({ topic, body }, { queue });
  });
}

async function withAdmin(servers: Pair, use: (admin: AdminClient) => Promise<void>): Promise<void> {
  const admin = new AdminClient({ namesrvAddr: servers.namesrv.address });
  try {
    await use(admin);
  } finally {
    await admin.close();
  }
}

async function offsetsAreStored(
  servers: Pair,
  topic: string,
  group: string,
  expected: number,
): Promise<void> {
  await withAdmin(servers, (admin) =>
    until(`the offsets of ${group} are stored`, STORED_TIMEOUT_MS, async () => {
      const { offsetTable } = await admin.examineConsumeStats(group, topic);
      const offsets = [...offsetTable].filter(([queue]) => queue.topic === topic);
      return (
        offsets.length === QUEUES && offsets.every(([, { consumerOffset }]) => consumerOffset === expected)
      );
    }),
  );
}

/** `yyyyMMddHHmmss`, local time. */
function compact(timeMs: number): string {
  const time = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return time.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
}
