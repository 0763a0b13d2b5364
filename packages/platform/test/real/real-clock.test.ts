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
  await new Promise((resolve) => setTimeout(resolve, 60));
  interval.cancel();
  far.cancel();
  assert.equal(fired[0], 'immediate');
  assert.ok(fired.includes('timeout') && fired.filter((each) => each === 'interval').length >= 2);
  assert.ok(!fired.includes('cancelled') && !fired.includes('far'));
});

test('wall clock and monotonic time move on', async () => {
  const { clock } = realPlatform();
  const [wall, monotonic] = [clock.now(), clock.monotonicMs()];
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(Number.isInteger(wall) && Math.abs(wall - Date.now()) < 5000);
  assert.ok(clock.monotonicMs() - monotonic >= 4);
});
