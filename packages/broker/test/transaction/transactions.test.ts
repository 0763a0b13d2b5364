/** Half messages, their ends, and the broker's questions, on a whole broker in simulated time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageSysFlag, ResponseCode } from '@rocketmq-ts/protocol';
import { COMMIT, ROLLBACK, TransactionScene, UNKNOWN } from './transaction-scene.ts';

test('nobody sees a half message; commit delivers it as it was sent', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const bornMs = scene.clock.now();
  const half = await producer.sendHalf('K1', 'one', { TAGS: 'TagA', KEYS: 'k', own: 'kept' });
  await scene.clock.advance(500);
  assert.deepEqual(await scene.bodies(), []);
  assert.equal((await producer.end(half, COMMIT)).code, ResponseCode.SUCCESS);
  const [message, ...more] = await scene.delivered();
  assert.deepEqual(more, []);
  assert.ok(message);
  assert.equal(message.body.toString(), 'one');
  assert.equal(message.topic, 'T');
  assert.equal(message.queueId, 1);
  assert.equal(message.queueOffset, 0);
  assert.equal(message.sysFlag, MessageSysFlag.TRANSACTION_COMMIT_TYPE);
  assert.equal(message.preparedTransactionOffset, half.commitLogOffset);
  assert.ok(message.bornTimestamp <= bornMs + 1);
  assert.ok(message.storeTimestamp >= bornMs + 500);
  for (const [name, value] of Object.entries({ UNIQ_KEY: 'K1', TAGS: 'TagA', KEYS: 'k', own: 'kept' }))
    assert.equal(message.properties.get(name), value);
  await scene.rounds(3, producer);
  assert.deepEqual(producer.questions, []);
  await scene.stop();
});

test('rollback: never delivered, never asked about', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('K1', 'one');
  assert.equal((await producer.end(half, ROLLBACK)).code, ResponseCode.SUCCESS);
  await scene.rounds(3, producer);
  assert.deepEqual(await scene.bodies(), []);
  assert.deepEqual(producer.questions, []);
  await scene.stop();
});

test('unknown: asked about until the producer knows, then delivered once', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('K1', 'one', { TAGS: 'TagA' });
  assert.equal((await producer.end(half, UNKNOWN)).code, ResponseCode.SUCCESS);
  await scene.rounds(1, producer);
  assert.equal(producer.questions.length, 1);
  await scene.rounds(1, producer);
  const [first, second] = producer.questions;
  assert.ok(first && second);
  // The message is shown as its producer sent it, the place is that of the copy to be ended.
  assert.equal(first.message.topic, 'T');
  assert.equal(first.message.queueId, 1);
  assert.equal(first.message.body.toString(), 'one');
  assert.equal(first.ext.get('msgId'), 'K1');
  assert.equal(first.message.properties.get('TRANSACTION_CHECK_TIMES'), '1');
  assert.equal(second.message.properties.get('TRANSACTION_CHECK_TIMES'), '2');
  assert.ok(second.half.commitLogOffset > first.half.commitLogOffset);
  assert.equal(second.half.queueOffset, first.half.queueOffset + 1);
  assert.equal((await producer.end(second.half, COMMIT)).code, ResponseCode.SUCCESS);
  await scene.rounds(3, producer);
  assert.equal(producer.questions.length, 2);
  const messages = await scene.delivered();
  assert.deepEqual(
    messages.map(({ body, properties }) => [body.toString(), properties.get('TRANSACTION_CHECK_TIMES')]),
    [['one', '2']],
  );
  await scene.stop();
});

test('not asked before transactionTimeOut; the first question at the first round after it', async () => {
  const scene = await TransactionScene.start({ transactionTimeOut: '15000' });
  const producer = await scene.producer();
  await producer.sendHalf('K1', 'one');
  await scene.rounds(1, producer);
  assert.equal(producer.questions.length, 0);
  await scene.rounds(1, producer);
  assert.equal(producer.questions.length, 1);
  await scene.stop();
});

test('transactionCheckMax questions, then the message is given up and the log says so', async () => {
  const scene = await TransactionScene.start({ transactionCheckMax: '3' });
  const producer = await scene.producer();
  await producer.sendHalf('K1', 'one');
  await producer.sendHalf('K2', 'two');
  await scene.rounds(6, producer);
  const times = producer.questions.map(({ half, message }) => [
    half.uniqKey,
    message.properties.get('TRANSACTION_CHECK_TIMES'),
  ]);
  assert.deepEqual(times, [
    ['K1', '1'],
    ['K2', '1'],
    ['K1', '2'],
    ['K2', '2'],
    ['K1', '3'],
    ['K2', '3'],
  ]);
  const givenUp = scene.logger.lines.filter(({ message }) => message.includes('is given up'));
  assert.deepEqual(
    givenUp.map(({ level, fields }) => [level, fields?.msgId, fields?.topic, fields?.checked]),
    [
      ['error', 'K1', 'T', 3],
      ['error', 'K2', 'T', 3],
    ],
  );
  assert.deepEqual(await scene.bodies(), []);
  await scene.stop();
});

test('a message with an immunity time of its own is not asked about before, and holds up no other', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const immune = await producer.sendHalf('K1', 'immune', { CHECK_IMMUNITY_TIME_IN_SECONDS: '25' });
  await producer.sendHalf('K2', 'usual');
  await scene.rounds(2, producer);
  assert.deepEqual(
    producer.questions.map(({ half }) => half.uniqKey),
    ['K2', 'K2'],
  );
  await scene.rounds(1, producer);
  assert.deepEqual(producer.questions.map(({ half }) => half.uniqKey).sort(), ['K1', 'K2', 'K2', 'K2']);
  // Its producer knows it by its first place; that ends the copies too.
  assert.equal((await producer.end(immune, COMMIT)).code, ResponseCode.SUCCESS);
  const asked = producer.questions.length;
  await scene.rounds(2, producer);
  assert.deepEqual(
    producer.questions.slice(asked).map(({ half }) => half.uniqKey),
    ['K2', 'K2'],
  );
  assert.deepEqual(await scene.bodies(), ['immune']);
  await scene.stop();
});

test('an immune message that was committed is done with, also by a broker that started since', async () => {
  const scene = await TransactionScene.start();
  let producer = await scene.producer();
  const immune = await producer.sendHalf('K1', 'immune', { CHECK_IMMUNITY_TIME_IN_SECONDS: '35' });
  await scene.rounds(2, producer);
  await producer.end(immune, COMMIT);
  await producer.leave();
  await scene.restart();
  producer = await scene.producer();
  await scene.rounds(4, producer);
  assert.deepEqual(producer.questions, []);
  assert.deepEqual(await scene.bodies(), ['immune']);
  await scene.stop();
});

test('a question that no producer is there to hear does not count', async () => {
  const scene = await TransactionScene.start({ transactionCheckMax: '2' });
  const producer = await scene.producer();
  await producer.sendHalf('K1', 'one');
  await producer.leave();
  await scene.rounds(5);
  assert.ok(
    scene.logger.complaints().some((line) => line.startsWith('no producer of the group is connected')),
  );
  const other = await scene.producer();
  const stranger = await scene.producer('OTHER');
  await scene.rounds(1, other, stranger);
  assert.deepEqual(
    other.questions.map(({ message }) => message.properties.get('TRANSACTION_CHECK_TIMES')),
    ['1'],
  );
  assert.deepEqual(stranger.questions, []);
  await scene.stop();
});

test('the producers of a group are asked in turn', async () => {
  const scene = await TransactionScene.start();
  const producers = [await scene.producer(), await scene.producer()];
  await producers[0]?.sendHalf('K1', 'one');
  await producers[0]?.sendHalf('K2', 'two');
  await scene.rounds(1, ...producers);
  assert.deepEqual(
    producers.map(({ questions }) => questions.length),
    [1, 1],
  );
  await scene.stop();
});

test('a transaction that is ended twice is ended once: the first decision holds', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('K1', 'one');
  await scene.rounds(1, producer);
  const copy = producer.questions[0]?.half;
  assert.ok(copy);
  for (const place of [half, copy, half]) {
    assert.equal((await producer.end(place, COMMIT)).code, ResponseCode.SUCCESS);
  }
  await producer.end(copy, ROLLBACK);
  const rolledBack = await producer.sendHalf('K2', 'two');
  await producer.end(rolledBack, ROLLBACK);
  await producer.end(rolledBack, COMMIT);
  await scene.rounds(2, producer);
  assert.deepEqual(await scene.bodies(), ['one']);
  assert.equal(producer.questions.length, 1);
  await scene.stop();
});

test('ends that name no half message, or another one, are refused', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('K1', 'one');
  const other = await producer.sendHalf('K2', 'two');
  const refusals: [Record<string, string | number>, RegExp][] = [
    [{ producerGroup: 'OTHER' }, /producer group wrong/],
    [{ tranStateTableOffset: other.queueOffset }, /state table offset wrong/],
    [{ commitLogOffset: half.commitLogOffset + 1 }, /Find prepared transaction message failed/],
    [{ commitLogOffset: 1 << 30 }, /Find prepared transaction message failed/],
    [{ commitLogOffset: -1 }, /Find prepared transaction message failed/],
    [{ commitOrRollback: 5 }, /commitOrRollback is 5/],
  ];
  for (const [given, remark] of refusals) {
    const answer = await producer.end(half, COMMIT, given);
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR, JSON.stringify(given));
    assert.match(answer.remark ?? '', remark);
  }
  // A message that is no half message cannot be "committed" again either.
  await producer.end(other, COMMIT);
  const final = (await scene.delivered())[0];
  assert.ok(final);
  const place = { uniqKey: 'K3', commitLogOffset: final.commitLogOffset, queueOffset: final.queueOffset };
  assert.equal((await producer.end(place, COMMIT)).code, ResponseCode.SYSTEM_ERROR);
  assert.deepEqual(await scene.bodies(), ['two']);
  await scene.stop();
});

test('a delay level counts from the commit', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('K1', 'later', { DELAY: '2' });
  await scene.clock.advance(7000);
  const committedMs = scene.clock.now();
  await producer.end(half, COMMIT);
  await scene.clock.advance(4900);
  assert.deepEqual(await scene.bodies(), []);
  await scene.clock.advance(200);
  const [message, ...more] = await scene.delivered();
  assert.deepEqual(more, []);
  assert.ok(message);
  assert.equal(message.body.toString(), 'later');
  assert.equal(message.topic, 'T');
  assert.equal(message.queueId, 1);
  assert.ok(message.storeTimestamp >= committedMs + 5000, `${message.storeTimestamp - committedMs} ms`);
  await scene.rounds(2, producer);
  assert.deepEqual(producer.questions, []);
  await scene.stop();
});

test('many open transactions: each is asked about once a round, and each ends as its producer says', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  for (let i = 0; i < 150; i++) await producer.sendHalf(`K${i}`, `m${i}`);
  await scene.rounds(2, producer);
  const last = producer.questions.slice(-150);
  assert.equal(new Set(last.map(({ half }) => half.uniqKey)).size, 150);
  for (const [i, { half }] of last.entries()) await producer.end(half, i % 3 === 0 ? COMMIT : ROLLBACK);
  const asked = producer.questions.length;
  await scene.rounds(3, producer);
  assert.equal(producer.questions.length, asked);
  const expected = last.filter((_, i) => i % 3 === 0).map(({ message }) => message.body.toString());
  assert.deepEqual((await scene.bodies()).sort(), expected.sort());
  await scene.stop();
});

test('a commit whose write fails has not happened: the producer is asked again', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  const half = await producer.sendHalf('A', 'a');
  scene.failNextLogWrite();
  await producer.end(half, COMMIT);
  assert.deepEqual(await scene.delivered(), []);
  await scene.rounds(2, producer);
  assert.ok(producer.questions.length >= 1);
  await producer.end(producer.questions.at(-1)!.half, COMMIT);
  assert.equal((await scene.delivered()).length, 1);
  await scene.stop();
});

test('a copy of a half message that is lost to a failed write leaves the half message where it is', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  await producer.sendHalf('A', 'a');
  await scene.clock.advance(5000);
  scene.failNextLogWrite();
  await scene.rounds(1, producer);
  await scene.rounds(1, producer);
  assert.ok(producer.questions.length >= 1);
  await producer.end(producer.questions.at(-1)!.half, COMMIT);
  assert.equal((await scene.delivered()).length, 1);
  await scene.stop();
});

test('a clock that is set back by an hour does not put off the questions', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  await producer.sendHalf('A', 'a');
  scene.clock.jumpWall(-3_600_000);
  await scene.rounds(2, producer);
  assert.ok(producer.questions.length >= 1);
  await scene.stop();
});

test('what a round of questions has passed is durable before its progress is', async () => {
  const scene = await TransactionScene.start();
  const producer = await scene.producer();
  await producer.sendHalf('A', 'a');
  await scene.clock.advance(11_000);
  await scene.powerFailureAndRestart();
  await producer.heartbeat();
  await scene.rounds(2, producer);
  assert.ok(producer.questions.length >= 1);
  await producer.end(producer.questions.at(-1)!.half, COMMIT);
  assert.equal((await scene.delivered()).length, 1);
  await scene.stop();
});
