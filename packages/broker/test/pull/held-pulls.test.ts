import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import type { Connection } from '@rocketmq-ts/remoting';
import type { ConsumeQueue } from '@rocketmq-ts/store';
import { HeldPulls, ResumeReason } from '../../src/pull/held-pulls.ts';
import type { Pull } from '../../src/pull/pull.ts';

interface Rig {
  readonly clock: SimClock;
  readonly held: HeldPulls;
  readonly resumed: string[];
  /** Names of pulls that stay held when they are offered. */
  readonly stubborn: Set<string>;
}

function rig(): Rig {
  const clock = new SimClock();
  const resumed: string[] = [];
  const stubborn = new Set<string>();
  const held = new HeldPulls(clock, (pull, _queue, reason) => {
    const name = nameOf(pull);
    resumed.push(`${name} ${reason === ResumeReason.arrival ? 'arrival' : 'timeout'}`);
    return !stubborn.has(name);
  });
  return { clock, held, resumed, stubborn };
}

function queue(): ConsumeQueue {
  return { arrivalListener: undefined } as unknown as ConsumeQueue;
}

class FakeConnection {
  closed = false;
  listeners: (() => void)[] = [];

  onClose(listener: () => void): void {
    this.listeners.push(listener);
  }

  close(): void {
    this.closed = true;
    for (const listener of this.listeners) listener();
  }
}

function pullOn(connection: FakeConnection, name: string): Pull {
  return { connection: connection as unknown as Connection, opaque: name } as unknown as Pull;
}

function nameOf(pull: Pull): string {
  return pull.opaque as unknown as string;
}

test('an arrival wakes the pulls of its queue, and those only', () => {
  const { held, resumed } = rig();
  const connection = new FakeConnection();
  const [first, second] = [queue(), queue()];
  held.hold(pullOn(connection, 'a'), first, 15_000, true);
  held.hold(pullOn(connection, 'b'), second, 15_000, true);
  held.hold(pullOn(connection, 'c'), first, 15_000, true);
  assert.equal(held.count, 3);
  first.arrivalListener!(first);
  assert.deepEqual(resumed.sort(), ['a arrival', 'c arrival']);
  assert.equal(held.count, 1);
  assert.equal(first.arrivalListener, undefined);
  held.stop();
});

test('a pull that found nothing for itself stays', () => {
  const { held, resumed, stubborn } = rig();
  const connection = new FakeConnection();
  const only = queue();
  for (const name of ['a', 'b', 'c', 'd']) held.hold(pullOn(connection, name), only, 15_000, true);
  stubborn.add('b').add('d');
  only.arrivalListener!(only);
  assert.equal(held.count, 2);
  resumed.length = 0;
  stubborn.clear();
  only.arrivalListener!(only);
  assert.deepEqual(resumed.sort(), ['b arrival', 'd arrival']);
  assert.equal(held.count, 0);
  held.stop();
});

test('pulls are offered again when their time is over, each at its own', async () => {
  const { clock, held, resumed } = rig();
  const connection = new FakeConnection();
  const only = queue();
  held.hold(pullOn(connection, 'late'), only, 15_000, true);
  held.hold(pullOn(connection, 'early'), only, 1000, true);
  await clock.advance(999);
  assert.deepEqual(resumed, []);
  await clock.advance(2);
  assert.deepEqual(resumed, ['early timeout']);
  await clock.advance(13_900);
  assert.equal(resumed.length, 1);
  await clock.advance(200);
  assert.deepEqual(resumed, ['early timeout', 'late timeout']);
  assert.equal(held.count, 0);
  held.stop();
});

test('hurrying brings the end forward, never back', async () => {
  const { clock, held, resumed } = rig();
  const pull = pullOn(new FakeConnection(), 'a');
  held.hold(pull, queue(), 15_000, true);
  held.hurry(pull, 5000);
  held.hurry(pull, 60_000);
  await clock.advance(5001);
  assert.deepEqual(resumed, ['a timeout']);
  held.stop();
});

test('without long polling arrivals wake nobody', async () => {
  const { clock, held, resumed } = rig();
  const only = queue();
  held.hold(pullOn(new FakeConnection(), 'a'), only, 1000, false);
  assert.equal(only.arrivalListener, undefined);
  await clock.advance(1001);
  assert.deepEqual(resumed, ['a timeout']);
  held.stop();
});

test('a closed connection takes its pulls along', () => {
  const { held, resumed } = rig();
  const [gone, stays] = [new FakeConnection(), new FakeConnection()];
  const only = queue();
  held.hold(pullOn(gone, 'a'), only, 15_000, true);
  held.hold(pullOn(stays, 'b'), only, 15_000, true);
  held.hold(pullOn(gone, 'c'), only, 15_000, true);
  assert.equal(gone.listeners.length, 1);
  gone.close();
  assert.equal(held.count, 1);
  only.arrivalListener!(only);
  assert.deepEqual(resumed, ['b arrival']);
  held.hold(pullOn(gone, 'd'), only, 15_000, true);
  assert.equal(held.count, 0);
  held.stop();
});

test('many pulls come and go in any order', async () => {
  const { clock, held, resumed, stubborn } = rig();
  const queues = Array.from({ length: 5 }, queue);
  const connections = Array.from({ length: 7 }, () => new FakeConnection());
  for (let i = 0; i < 1000; i++) {
    held.hold(pullOn(connections[i % 7]!, `p${i}`), queues[i % 5]!, 1000 + i, true);
    if (i % 3 === 0) stubborn.add(`p${i}`);
  }
  connections[3]!.close();
  queues[2]!.arrivalListener!(queues[2]!);
  const woken = resumed.length - resumed.filter((line) => stubborn.has(line.split(' ')[0]!)).length;
  const fromGone = Math.ceil((1000 - 3) / 7);
  assert.equal(held.count, 1000 - fromGone - woken);
  stubborn.clear();
  await clock.advance(3000);
  assert.equal(held.count, 0);
  held.stop();
});
