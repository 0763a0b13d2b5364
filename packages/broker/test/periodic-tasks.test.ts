import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { PeriodicTasks } from '../src/periodic-tasks.ts';
import { RecordingLogger } from './support/recording-logger.ts';

test('a task runs again and again, with the period of the moment, until it is stopped', async () => {
  const clock = new SimClock();
  const tasks = new PeriodicTasks(clock, new RecordingLogger());
  const start = clock.monotonicMs();
  const ran: number[] = [];
  let period = 100;
  tasks.add({
    name: 't',
    firstMs: 10,
    periodMs: () => period,
    run: () => void ran.push(clock.monotonicMs() - start),
  });
  await clock.advance(215);
  period = 1_000;
  await clock.advance(1_200);
  assert.deepEqual(ran, [10, 110, 210, 310, 1310]);
  await clock.run(tasks.stop());
  await clock.advance(10_000);
  assert.equal(ran.length, 5);
});

test('a task that fails is logged and runs again; one that takes long does not overlap itself', async () => {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const tasks = new PeriodicTasks(clock, logger);
  let running = 0;
  let most = 0;
  let runs = 0;
  tasks.add({
    name: 'slow',
    firstMs: 0,
    periodMs: () => 10,
    run: async () => {
      runs++;
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
      running--;
      throw new Error('no');
    },
  });
  await clock.advance(200);
  assert.equal(most, 1);
  assert.ok(runs >= 3);
  assert.match(logger.complaints()[0]!, /"slow" failed/);
  const stopping = tasks.stop();
  await clock.run(stopping);
  assert.equal(running, 0);
});
