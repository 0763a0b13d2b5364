import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutTimes } from '../../src/stats/put-times.ts';

test('each class has its lower end and not its upper one', () => {
  const times = new PutTimes();
  for (const tookMs of [
    0, 0.9, 1, 9.9, 10, 50, 100, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 10_000, 1e6,
  ]) {
    times.add(1, tookMs);
  }
  assert.deepEqual(times.lastMinute(), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
  assert.match(times.text(), /^\[<=0ms\]:2 \[0~10ms\]:2 .*\[5~10s\]:1 \[10s~\]:2 $/);
});

test('what is older than a minute no longer counts', () => {
  const times = new PutTimes();
  times.add(5, 0);
  for (let i = 0; i < 6; i++) times.sample();
  assert.equal(times.lastMinute()[0], 5);
  times.add(2, 0);
  times.sample();
  assert.equal(times.lastMinute()[0], 2);
});
