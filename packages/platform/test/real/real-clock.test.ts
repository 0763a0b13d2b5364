import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realPlatform } from '../../src/index.ts';

test('timers run, cancelled ones do not, a delay beyond the range of Node does not fire at once', async () => {
  const { clock } = realPlatform();
  const fired: string[] = [];
  clock.setTimeout(() => fired.push('timeout'), 5);
  clock.setTimeout(() => fired.push('cancelled'), 5).cancel();
  const far = clock.setTimeout(() => fired.push('far'), 2 ** 40);
  const interval = clock.setInterval(() => fired.push('interval'), 10);
  clock.setImmediate(() => fired.push('immediate'));
  const times = (name: string): number => fired.filter((each) => each === name).length;
  while (times('immediate') < 1 || times('timeout') < 1 || times('interval') < 2) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  interval.cancel();
  far.cancel();
  assert.ok(!fired.includes('cancelled') && !fired.includes('far'));
});

test('wall clock and monotonic time move on', async () => {
  const { clock } = realPlatform();
  const [wall, monotonic] = [clock.now(), clock.monotonicMs()];
  assert.ok(Number.isInteger(wall) && Math.abs(wall - Date.now()) < 60_000);
  while (clock.monotonicMs() === monotonic) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(clock.monotonicMs() > monotonic);
});
