/**
 * Broadcasting, with offsets in files of the members: every member gets every message, one that was away goes on where it stopped, and
 * the file is one that either client goes on from.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertBodies, type Member } from './harness/members.ts';
import { createTopic, withProducer } from './harness/our-clients.ts';
import { type Pairing, pairings } from './harness/pairings.ts';
import { temporaryFolder } from './harness/server.ts';

const QUEUES = 4;
const PER_QUEUE = 5;
const offsetsFolder = temporaryFolder('offsets');
const { ofBoth, mixed } = pairings({ members: { offsetsFolder } });

for (const pairing of ofBoth) {
  test(pairing.name, { timeout: 600_000 }, async () => {
    const { key } = pairing;
    const topic = `Broadcast${key}`;
    const group = `CG_${key}`;
    const members = await pairing.members();
    const start = (instance: string): Promise<Member> =>
      members.start({
        group,
        topic,
        instance: `${key}-${instance}`,
        model: 'BROADCASTING',
      });
    await createTopic((await pairing.pair()).namesrv.address, topic, QUEUES);
    const [one, two] = [await start('one'), await start('two')];
    await send(pairing, topic, 'first');
    for (const member of [one, two]) await assertConsumed(member, ['first']);
    assert.deepEqual(
      [one.share(), two.share()],
      [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ],
    );

    await two.stop();
    assert.deepEqual(offsetsOf(`${key}-two`, group), { 0: 5, 1: 5, 2: 5, 3: 5 });
    await send(pairing, topic, 'away');
    await assertConsumed(one, ['first', 'away']);
    const again = await start('two');
    await assertConsumed(again, ['away']);
    await Promise.all([one.stop(), again.stop()]);
    for (const instance of ['one', 'two'])
      assert.deepEqual(offsetsOf(`${key}-${instance}`, group), { 0: 10, 1: 10, 2: 10, 3: 10 });
    // The file before that one is kept beside it.
    assert.ok(existsSync(`${offsetsFile(`${key}-two`, group)}.bak`));

    // A member that has no file is new, whatever the others have.
    const three = await start('three');
    await assertConsumed(three, ['first', 'away']);
    await three.stop();
  });
}

for (const { name, key, of } of mixed) {
  test(`official and our members, ${name}: both get everything, each goes on from the other's file`, {
    timeout: 600_000,
  }, async () => {
    const topic = `Broadcast${key}`;
    const [ours, official] = await Promise.all(of.map((pairing) => pairing.members()));
    assert.ok(ours && official);
    const options = { group: `CG_${key}`, topic, model: 'BROADCASTING' } as const;
    await createTopic((await of[0].pair()).namesrv.address, topic, QUEUES);
    const a = await ours.start({ ...options, instance: `${key}-a` });
    const b = await official.start({ ...options, instance: `${key}-b` });
    await send(of[0], topic, 'first');
    for (const member of [a, b]) await assertConsumed(member, ['first']);
    await Promise.all([a.stop(), b.stop()]);
    await send(of[0], topic, 'away');
    const aByOfficial = await official.start({ ...options, instance: `${key}-a` });
    const bByOurs = await ours.start({ ...options, instance: `${key}-b` });
    for (const member of [aByOfficial, bByOurs]) await assertConsumed(member, ['away']);
    await Promise.all([aByOfficial.stop(), bByOurs.stop()]);
  });
}

/** Exactly the messages of these names, each once, each queue in order. */
async function assertConsumed(member: Member, names: readonly string[]): Promise<void> {
  const expected = names.flatMap((name) =>
    Array.from({ length: QUEUES }, (_, id) => bodiesOf(name, id)).flat(),
  );
  await assertBodies(member, expected);
}

function bodiesOf(name: string, queue: number): string[] {
  return Array.from({ length: PER_QUEUE }, (_, i) => `${name} ${queue}/${i}`);
}

async function send(pairing: Pairing, topic: string, name: string): Promise<void> {
  const { namesrv } = await pairing.pair();
  await withProducer(namesrv.address, async (producer) => {
    const queues = await producer.fetchPublishMessageQueues(topic);
    assert.equal(queues.length, QUEUES);
    for (const queue of queues)
      for (const body of bodiesOf(name, queue.queueId)) await producer.send({ topic, body }, { queue });
  });
}

function offsetsFile(instance: string, group: string): string {
  return join(offsetsFolder, `127.0.0.1@${instance}`, group, 'offsets.json');
}

/** By queue id. Keys of the table are objects: `{"brokerName":…,"queueId":2,"topic":…}:7`. */
function offsetsOf(instance: string, group: string): Record<string, number> {
  const text = readFileSync(offsetsFile(instance, group), 'utf8');
  const pattern = /"queueId"\s*:\s*(\d+)[^{}]*\}\s*:\s*(\d+)/g;
  return Object.fromEntries(
    [...text.matchAll(pattern)].map(([, queueId, offset]) => [queueId, Number(offset)]),
  );
}
