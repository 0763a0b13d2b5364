/**
 * A member of an orderly group dies without a word: another one takes its queues once their locks are over, goes on where the offsets
 * are, and leaves nothing out. The dead one is official; the survivor is ours, on both brokers, or official, on ours.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startJavaMembers } from './harness/java-members.ts';
import type { Member, MemberOptions, StartMembers } from './harness/members.ts';
import { createTopic, withProducer } from './harness/our-clients.ts';
import { startOurMembers } from './harness/our-members.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';

const QUEUES = 4;
const PER_QUEUE = 20;
const TIMEOUT_MS = 120_000;
const LOCK_LIFE_MS = 3000;
const official = sharedPair(startJavaNamesrv, startJavaBroker, {
  javaProperties: { 'rocketmq.broker.rebalance.lockMaxLiveTime': `${LOCK_LIFE_MS}` },
});
const ours = sharedPair(startOurNamesrv, startOurBroker, {
  config: { rebalanceLockMaxLiveTimeMs: LOCK_LIFE_MS },
});

const cases: [string, string, () => Promise<Pair>, StartMembers][] = [
  ['our client, official broker', 'DiesOJ', official, startOurMembers],
  ['our client, our broker', 'DiesOO', ours, startOurMembers],
  ['official client, our broker', 'DiesJO', ours, startJavaMembers],
];

for (const [name, topic, pair, startMembers] of cases) {
  test(name, { timeout: 600_000 }, async () => {
    const servers = await pair();
    const { address } = servers.namesrv;
    await createTopic(address, topic, QUEUES);
    const [dying, living] = await Promise.all([startJavaMembers(address), startMembers(address)]);
    after(() => Promise.all([dying.end(), living.end()]));
    const options: Omit<MemberOptions, 'instance'> = { group: `CG_${topic}`, topic, orderly: true };
    const survivor = await living.start({ ...options, instance: 'survivor' });
    const victim = await dying.start({ ...options, instance: 'victim' });
    const share = (member: Member) => member.share().length;
    await until('the queues are shared', TIMEOUT_MS, () => share(survivor) === 2 && share(victim) === 2);
    await send(servers, topic, 0);
    const count = () => survivor.consumed().length + victim.consumed().length;
    await until('all are consumed', TIMEOUT_MS, () => count() >= QUEUES * PER_QUEUE);

    const taken = victim.share();
    await dying.end();
    await send(servers, topic, PER_QUEUE);
    await until('the survivor has all queues', TIMEOUT_MS, () => share(survivor) === QUEUES);
    const last = `/${2 * PER_QUEUE - 1}`;
    const ended = () => survivor.consumed().filter(({ body }) => body.endsWith(last)).length;
    await until('it has consumed the rest', TIMEOUT_MS, () => ended() === QUEUES);
    for (let queue = 0; queue < QUEUES; queue++) {
      const numbers = numbersOf(survivor, queue);
      const before = taken.includes(queue) ? numbersOf(victim, queue) : [];
      if (taken.includes(queue)) assert.ok(before.length > 0, `the victim has consumed queue ${queue}`);
      const [first] = numbers;
      assert.ok(
        first !== undefined && first <= before.length,
        `queue ${queue}: ${first} after ${before.length}`,
      );
      assert.deepEqual(numbers, range(first, 2 * PER_QUEUE), `queue ${queue}, in order`);
    }
    await survivor.stop();
  });
}

function numbersOf(member: Member, queue: number): number[] {
  return member
    .consumed()
    .filter(({ queueId }) => queueId === queue)
    .map(({ body }) => Number(body.split('/')[1]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

async function send(servers: Pair, topic: string, from: number): Promise<void> {
  await withProducer(servers.namesrv.address, async (producer) => {
    const queues = await producer.fetchPublishMessageQueues(topic);
    assert.equal(queues.length, QUEUES);
    for (const number of range(from, from + PER_QUEUE))
      for (const queue of queues)
        await producer.send({ topic, body: `${queue.queueId}/${number}` }, { queue });
  });
}
