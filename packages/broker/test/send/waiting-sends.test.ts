import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '@rocketmq-ts/remoting';
import { WaitingKind, WaitingSends } from '../../src/send/waiting-sends.ts';

const connection = {} as Connection;

function push(waiting: WaitingSends, opaque: number, end: number, deadline = Number.POSITIVE_INFINITY): void {
  waiting.pushSend(connection, opaque, 0, opaque % 7, opaque * 2, opaque * 3, end, deadline);
}

test('what is safe leaves in order, with all it carried', () => {
  const waiting = new WaitingSends();
  for (let i = 0; i < 1000; i++) push(waiting, i, (i + 1) * 100);
  assert.equal(waiting.length, 1000);
  assert.equal(waiting.takeSafe(99), false);
  for (let i = 0; i < 600; i++) {
    assert.equal(waiting.takeSafe(60_000), true);
    assert.deepEqual(
      [waiting.opaque, waiting.queueId, waiting.queueOffset, waiting.physicalOffset, waiting.connection],
      [i, i % 7, i * 2, i * 3, connection],
    );
  }
  assert.equal(waiting.takeSafe(60_000), false);
  assert.equal(waiting.length, 400);
});

test('grows with a head in the middle of the ring', () => {
  const waiting = new WaitingSends();
  let pushed = 0;
  let taken = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 97; i++) push(waiting, pushed, ++pushed);
    for (let i = 0; i < 31; i++) {
      assert.equal(waiting.takeSafe(pushed), true);
      assert.equal(waiting.opaque, taken++);
    }
  }
  while (waiting.takeSafe(pushed)) assert.equal(waiting.opaque, taken++);
  assert.equal(taken, pushed);
});

test('the longest waiting leave when their time is over', () => {
  const waiting = new WaitingSends();
  push(waiting, 1, 100, 5000);
  push(waiting, 2, 200, 6000);
  assert.equal(waiting.nextDeadline, 5000);
  assert.equal(waiting.takeExpired(4999), false);
  assert.equal(waiting.takeExpired(5000), true);
  assert.equal(waiting.opaque, 1);
  assert.equal(waiting.nextDeadline, 6000);
  assert.equal(waiting.takeSafe(200), true);
  assert.equal(waiting.nextDeadline, Number.POSITIVE_INFINITY);
});

test('what was lost leaves from the end', () => {
  const waiting = new WaitingSends();
  for (let i = 1; i <= 4; i++) push(waiting, i, i * 100);
  assert.equal(waiting.takeLastAbove(200), true);
  assert.equal(waiting.opaque, 4);
  assert.equal(waiting.takeLastAbove(200), true);
  assert.equal(waiting.opaque, 3);
  assert.equal(waiting.takeLastAbove(200), false);
  push(waiting, 5, 300);
  const left: number[] = [];
  while (waiting.takeSafe(1000)) left.push(waiting.opaque);
  assert.deepEqual(left, [1, 2, 5]);
});

test('batches and callbacks keep their extras to themselves', () => {
  const waiting = new WaitingSends();
  let called = 0;
  push(waiting, 1, 100);
  waiting.markBatch(Float64Array.of(7, 8));
  waiting.pushCallback(() => called++, 200, Number.POSITIVE_INFINITY);
  push(waiting, 3, 300);
  assert.equal(waiting.takeSafe(300), true);
  assert.equal(waiting.kind, WaitingKind.batch);
  assert.deepEqual([...waiting.batchOffsets!], [7, 8]);
  assert.equal(waiting.takeSafe(300), true);
  assert.equal(waiting.kind, WaitingKind.callback);
  waiting.callback!(0);
  assert.equal(called, 1);
  assert.equal(waiting.takeSafe(300), true);
  assert.equal(waiting.kind, WaitingKind.send);
  assert.equal(waiting.opaque, 3);
});
