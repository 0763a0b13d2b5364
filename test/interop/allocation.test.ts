/**
 * Who gets which queue, by every strategy of 4.4.0: two members of ours, two official ones, and one of each, which have to agree. Each
 * queue is at one member, the split is the strategy's, and each message comes once, to the member that has its queue.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageQueue } from '@rocketmq-ts/client';
import type { Member, MemberOptions, Members, Strategy } from './harness/members.ts';
import { createTopic, withProducer } from './harness/our-clients.ts';
import { strategyOf } from './harness/our-members.ts';
import { sleep, until } from './harness/pair.ts';
import { pairings } from './harness/pairings.ts';

const QUEUES = 8;
const PER_QUEUE = 10;
/** Machine rooms are read off the names of brokers. */
const broker = 'room1@broker-a';
const topic = 'Allocated';
const [left, right] = [
  [5, 0, 3],
  [1, 2, 4, 6, 7],
];

interface Case {
  readonly name: string;
  readonly strategy: Strategy;
  /** Of the first and of the second member. */
  readonly settings?: readonly [Partial<MemberOptions>, Partial<MemberOptions>];
  /** Where it does not depend on the names of the members. */
  readonly split?: readonly [readonly number[], readonly number[]];
}

const cases: readonly Case[] = [
  {
    name: 'averagely',
    strategy: 'AVG',
    split: [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ],
  },
  {
    name: 'by circle',
    strategy: 'AVG_BY_CIRCLE',
    split: [
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ],
  },
  { name: 'consistent hash', strategy: 'CONSISTENT_HASH' },
  {
    name: 'machine room',
    strategy: 'MACHINE_ROOM',
    settings: [{ rooms: ['room1', 'room2'] }, { rooms: ['room1', 'room2'] }],
    split: [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ],
  },
  {
    name: 'by config',
    strategy: 'CONFIG',
    settings: [
      { queues: left, broker },
      { queues: right, broker },
    ],
    split: [[...left].sort(), right],
  },
  // Neither member is of the room that the broker is in: nobody gets anything.
  {
    name: 'another machine room',
    strategy: 'MACHINE_ROOM',
    settings: [{ rooms: ['room2'] }, { rooms: ['room2'] }],
    split: [[], []],
  },
];

const { ofBoth, mixed } = pairings({ broker: { brokerName: broker } });
const groups = [
  ...ofBoth.map((pairing) => ({ ...pairing, of: [pairing, pairing] as const })),
  ...mixed.map(({ name, key, of }) => ({ name: `one member of each, ${name}`, key, of })),
];

for (const { name, key, of } of groups) {
  test(name, { timeout: 600_000 }, async (t) => {
    const { namesrv } = await of[0].pair();
    await createTopic(namesrv.address, topic, QUEUES);
    const members = await Promise.all(of.map((pairing) => pairing.members()));
    const teams: (readonly Member[])[] = [];
    for (const one of cases) teams.push(await startTeam(members, one, key));
    for (const [i, one] of cases.entries()) {
      const team = teams[i] as readonly Member[];
      const expected = one.split ?? hashSplit(one, key);
      const shares = () => JSON.stringify(team.map((member) => member.share()));
      await until(
        `${one.name}: ${JSON.stringify(expected)}`,
        120_000,
        () => shares() === JSON.stringify(expected),
      );
    }
    await send(namesrv.address, key);
    for (const [i, one] of cases.entries())
      await t.test(one.name, () =>
        assertOnce(teams[i] as readonly Member[], one.split ?? hashSplit(one, key), key),
      );
    await Promise.all(teams.flat().map((member) => member.stop()));
  });
}

async function startTeam(members: readonly Members[], one: Case, key: string): Promise<Member[]> {
  const team: Member[] = [];
  for (const [i, side] of members.entries()) {
    team.push(await side.start(memberOptions(one, key, i)));
  }
  return team;
}

/** The members of one client have few connections: those of all groups that have the same instance name are one client. */
function memberOptions(one: Case, key: string, index: number): MemberOptions {
  const group = `CG_${key}_${cases.indexOf(one)}`;
  const { strategy, settings } = one;
  return {
    group,
    topic,
    instance: `${key}-${index}`,
    from: 'CONSUME_FROM_FIRST_OFFSET',
    strategy,
    ...settings?.[index],
  };
}

/** By consistent hash it depends on the names of the members: what our strategy says has to be what both do. */
function hashSplit(one: Case, key: string): number[][] {
  const queues = Array.from({ length: QUEUES }, (_, id) => new MessageQueue(topic, broker, id));
  const clients = [0, 1].map((index) => `127.0.0.1@${key}-${index}`);
  return clients.map((clientId, index) => {
    const options = memberOptions(one, key, index);
    const share = strategyOf(options).allocate(options.group, clientId, queues, clients);
    return share.map(({ queueId }) => queueId).sort((a, b) => a - b);
  });
}

async function assertOnce(
  team: readonly Member[],
  split: readonly (readonly number[])[],
  key: string,
): Promise<void> {
  const expected = split.map((share) => share.flatMap((queue) => bodiesOf(queue, key)).sort());
  const got = () =>
    team.map((member) =>
      member
        .consumed()
        .map(({ body }) => body)
        .filter((body) => body.startsWith(`${key} `))
        .sort(),
    );
  await until('all are consumed', 120_000, () => got().flat().length >= expected.flat().length);
  await sleep(300); // anything twice would come now
  assert.deepEqual(got(), expected);
}

function bodiesOf(queue: number, key: string): string[] {
  return Array.from({ length: PER_QUEUE }, (_, i) => `${key} ${queue}/${i}`);
}

async function send(namesrvAddr: string, key: string): Promise<void> {
  await withProducer(namesrvAddr, async (producer) => {
    const sendTo = async (queueId: number): Promise<void> => {
      const queue = new MessageQueue(topic, broker, queueId);
      for (const body of bodiesOf(queueId, key)) await producer.send({ topic, body }, { queue });
    };
    await Promise.all(Array.from({ length: QUEUES }, (_, id) => sendTo(id)));
  });
}
