import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';

test('timers fire in order of time, then of setting', () => {
  const clock = new SimClock(1000);
  const seen: string[] = [];
  clock.setTimeout(() => seen.push('b'), 20);
  clock.setTimeout(() => seen.push('a'), 10);
  clock.setTimeout(() => seen.push('c'), 20);
  clock.setTimeout(() => seen.push('never'), 15).cancel();
  clock.advanceSync(19);
  assert.deepEqual(seen, ['a']);
  assert.equal(clock.now(), 1019);
  clock.advanceSync(1);
  assert.deepEqual(seen, ['a', 'b', 'c']);
});

test('immediates and promises run before time moves on', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  clock.setTimeout(() => seen.push('timer'), 1);
  clock.setImmediate(() => {
    void Promise.resolve().then(() => {
      seen.push('promise');
      clock.setImmediate(() => seen.push('second immediate'));
    });
  });
  await clock.advance(5);
  assert.deepEqual(seen, ['promise', 'second immediate', 'timer']);
});

test('an interval repeats until it is cancelled; run waits for a promise', async () => {
  const clock = new SimClock();
  let count = 0;
  const interval = clock.setInterval(() => count++, 10);
  await clock.run(new Promise<void>((resolve) => clock.setTimeout(resolve, 35)));
  assert.equal(count, 3);
  interval.cancel();
  clock.advanceSync(100);
  assert.equal(count, 3);
  await assert.rejects(clock.run(new Promise(() => {})), /nothing left to happen/);
});
