import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@rocketmq-ts/platform';
import { SimClock, SimRandom } from '@rocketmq-ts/platform/sim';
import { DeadlineWheel, WheelEntry } from '../src/deadline-wheel.ts';

class Entry extends WheelEntry {
  readonly run: () => void;

  constructor(run: () => void) {
    super();
    this.run = run;
  }

  override onDeadline(): void {
    this.run();
  }
}

test('entries fire after their delay, at most two ticks late, removed ones never', async () => {
  const clock = new SimClock();
  const wheel = new DeadlineWheel(clock);
  const random = new SimRandom(3);
  let fired = 0;
  for (let i = 0; i < 2000; i++) {
    const delayMs = random.integer(30_000);
    const due = clock.monotonicMs() + delayMs;
    const entry = new Entry(() => {
      fired++;
      const late = clock.monotonicMs() - due;
      assert.ok(late >= 0 && late <= 20, `fired ${late} ms late`);
      assert.notEqual(i % 3, 0, 'a removed entry fired');
    });
    wheel.add(entry, delayMs);
    if (i % 3 === 0) {
      wheel.remove(entry);
      wheel.remove(entry);
    }
    if (i % 50 === 0) clock.advanceSync(random.integer(20));
  }
  clock.advanceSync(40_000);
  assert.equal(fired, 1333);
  assert.equal(wheel.count, 0);
  assert.equal(clock.pendingCount, 0, 'the timer runs on without entries');
});

test('after a long pause everything due fires, nothing else', () => {
  const clock = new SimClock();
  const wheel = new DeadlineWheel(clock);
  const fired: number[] = [];
  for (const delayMs of [5, 500, 12_000, 25_000]) wheel.add(new Entry(() => fired.push(delayMs)), delayMs);
  clock.advanceSync(20_000);
  assert.deepEqual(fired, [5, 500, 12_000]);
  clock.advanceSync(6_000);
  assert.deepEqual(fired, [5, 500, 12_000, 25_000]);
});

test('an entry that fires may add itself and others again, and remove others', () => {
  const clock = new SimClock();
  const wheel = new DeadlineWheel(clock);
  let rounds = 0;
  let victimFired = false;
  const victim = new Entry(() => {
    victimFired = true;
  });
  const again = new Entry(() => {
    wheel.remove(victim);
    if (++rounds < 5) wheel.add(again, 10);
  });
  wheel.add(victim, 10);
  wheel.add(again, 10);
  clock.advanceSync(200);
  assert.equal(rounds, 5);
  assert.equal(victimFired, false);
});

test('after a process stood still, what has arrived comes before deadlines, once', () => {
  let nowMs = 0;
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    setTimeout: (task) => {
      timers.push(task);
      return { cancel() {} };
    },
    setInterval: () => ({ cancel() {} }),
    setImmediate() {},
  };
  const wheel = new DeadlineWheel(clock);
  const fired: string[] = [];
  const answered = new Entry(() => fired.push('answered'));
  wheel.add(answered, 100);
  wheel.add(new Entry(() => fired.push('not answered')), 100);
  nowMs = 5_000;
  timers.shift()?.();
  assert.deepEqual(fired, []);
  wheel.remove(answered);
  nowMs = 10_000;
  timers.shift()?.();
  assert.deepEqual(fired, ['not answered']);
});
