import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { ProgressBar } from '../../src/command-line/progress-bar.ts';

function bar(columns?: number) {
  const clock = new SimClock();
  const shown: string[] = [];
  const progress = new ProgressBar(
    clock,
    columns === undefined ? undefined : (text) => shown.push(text),
    columns,
  );
  return { clock, shown, progress, last: () => shown.at(-1)?.replace('\r\u001b[2K', '') };
}

test('it shows how much is done and, from the speed since it began, how long the rest takes', () => {
  const { clock, progress, last } = bar(100);
  progress.begin('copy', 1_000_000, 200_000);
  assert.equal(last(), 'copy [####----------------]  20 % 200,000/1,000,000');
  clock.advanceSync(10_000);
  progress.advance(200_000);
  assert.equal(last(), 'copy [########------------]  40 % 400,000/1,000,000, 30 s left');
});

test('it draws ten times a second at most, and is gone at the end', () => {
  const { clock, progress, shown } = bar(100);
  progress.begin('copy', 1000);
  for (let i = 0; i < 500; i++) {
    progress.advance();
    clock.advanceSync(1);
  }
  assert.ok(shown.length <= 6, `${shown.length}`);
  progress.end();
  assert.equal(shown.at(-1), '\r\u001b[2K');
});

test('it makes way for what is printed, and does not touch a line that is not at its end', () => {
  const { clock, progress, shown } = bar(100);
  progress.begin('copy', 10);
  progress.hide('half a line');
  assert.equal(shown.at(-1), '\r\u001b[2K');
  const count = shown.length;
  clock.advanceSync(1000);
  progress.advance();
  assert.equal(shown.length, count);
  progress.hide(' and its end\n');
  clock.advanceSync(1000);
  progress.advance();
  assert.equal(shown.length, count + 1);
});

test('without a terminal, or with a narrow one, it shows nothing', () => {
  for (const { progress, shown } of [bar(), bar(20)]) {
    progress.begin('copy', 10);
    progress.advance(10);
    progress.end();
    assert.deepEqual(shown, []);
  }
});
