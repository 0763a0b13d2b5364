/** Transactions whose broker stops, or is killed, between any two of their steps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CHECK_INTERVAL_MS,
  COMMIT,
  ROLLBACK,
  type ScenarioProducer,
  TransactionScene,
} from './transaction-scene.ts';

type Restart = (scene: TransactionScene) => Promise<void>;

const restarts: readonly [string, Restart][] = [
  ['a clean restart', (scene) => scene.restart()],
  ['a kill', (scene) => scene.killAndRestart()],
];

/** The producer connects anew and says that it is there. */
async function restart(
  scene: TransactionScene,
  producer: ScenarioProducer,
  how: Restart,
): Promise<ScenarioProducer> {
  await producer.leave();
  await how(scene);
  return scene.producer();
}

for (const [name, how] of restarts) {
  test(`${name} behind the half message: it can be ended, and is asked about`, async () => {
    const scene = await TransactionScene.start();
    let producer = await scene.producer();
    const first = await producer.sendHalf('K1', 'one');
    const second = await producer.sendHalf('K2', 'two');
    await producer.sendHalf('K3', 'three');
    producer = await restart(scene, producer, how);
    await producer.end(first, COMMIT);
    await producer.end(second, ROLLBACK);
    await scene.rounds(1, producer);
    assert.deepEqual(
      producer.questions.map(({ half }) => half.uniqKey),
      ['K3'],
    );
    await producer.end(producer.questions[0]?.half ?? assert.fail(), COMMIT);
    await scene.rounds(2, producer);
    assert.deepEqual(await scene.bodies(), ['one', 'three']);
    assert.equal(producer.questions.length, 1);
    await scene.stop();
  });

  test(`${name} behind the question: its answer counts, and the next question is the next`, async () => {
    const scene = await TransactionScene.start();
    let producer = await scene.producer();
    await producer.sendHalf('K1', 'one');
    await producer.sendHalf('K2', 'two');
    await scene.rounds(1, producer);
    const [asked, other] = producer.questions;
    assert.ok(asked && other);
    producer = await restart(scene, producer, how);
    await producer.end(asked.half, COMMIT);
    await scene.rounds(1, producer);
    // Behind a kill the round's progress may be lost: then K2 is asked about twice, never less than once.
    const keys = new Set(producer.questions.map(({ half }) => half.uniqKey));
    assert.ok(keys.has('K2'));
    for (const { half } of producer.questions.filter(({ half }) => half.uniqKey === 'K2'))
      await producer.end(half, COMMIT);
    await scene.rounds(2, producer);
    const bodies = await scene.bodies();
    assert.deepEqual([...new Set(bodies)].sort(), ['one', 'two']);
    assert.equal(bodies.length, 2, 'each once');
    await scene.stop();
  });

  test(`${name} behind the end: delivered once, not asked about again`, async () => {
    const scene = await TransactionScene.start();
    let producer = await scene.producer();
    await producer.end(await producer.sendHalf('K1', 'one'), COMMIT);
    await producer.end(await producer.sendHalf('K2', 'two'), ROLLBACK);
    producer = await restart(scene, producer, how);
    await scene.rounds(3, producer);
    assert.deepEqual(producer.questions, []);
    assert.deepEqual(await scene.bodies(), ['one']);
    await scene.stop();
  });
}

test('a kill in the middle of the write of final and op message: nothing is lost, a second commit delivers again', async () => {
  const scene = await TransactionScene.start();
  let producer = await scene.producer();
  // The first one tells how long the final record of the second one will be.
  await producer.end(await producer.sendHalf('K1', 'one'), COMMIT);
  const finalBytes = (await scene.delivered())[0]?.storeSize ?? assert.fail();
  const half = await producer.sendHalf('K2', 'two');
  const { disk } = scene;
  disk.onOperation = ({ kind, path }) =>
    kind === 'write' && path.includes('/commitlog/') ? { shortBytes: finalBytes, crash: 'after' } : undefined;
  await producer.end(half, COMMIT).catch(() => {});
  assert.equal(disk.crashed, true);
  producer = await restart(scene, producer, (scene) => scene.killAndRestart());
  assert.deepEqual(await scene.bodies(), ['one', 'two'], 'the final message is there');
  await scene.rounds(1, producer);
  const [question] = producer.questions;
  assert.equal(question?.half.uniqKey, 'K2', 'its op message is not: the broker asks');
  // As with 4.4.0. Consumers know such a message by its UNIQ_KEY.
  await producer.end(question.half, COMMIT);
  await scene.rounds(2, producer);
  const messages = await scene.delivered();
  assert.deepEqual(
    messages.map(({ body, properties }) => [body.toString(), properties.get('UNIQ_KEY')]),
    [
      ['one', 'K1'],
      ['two', 'K2'],
      ['two', 'K2'],
    ],
  );
  assert.equal(producer.questions.length, 1);
  await scene.stop();
});

test('progress is kept: a broker that starts again does not ask about what was given up', async () => {
  const scene = await TransactionScene.start({ transactionCheckMax: '1' });
  let producer = await scene.producer();
  await producer.sendHalf('K1', 'one');
  await scene.rounds(3, producer);
  assert.equal(producer.questions.length, 1);
  producer = await restart(scene, producer, (scene) => scene.restart());
  await scene.rounds(2, producer);
  assert.deepEqual(producer.questions, []);
  await scene.stop();
});

test('an op message read before its half message was reached is read again after a restart', async () => {
  const scene = await TransactionScene.start();
  let producer = await scene.producer();
  await producer.end(await producer.sendHalf('K1', 'one'), COMMIT);
  await scene.clock.advance(CHECK_INTERVAL_MS - 500);
  // The round that comes passes K1 and stops at K2, which is too young.
  await producer.sendHalf('K2', 'two');
  await producer.end(await producer.sendHalf('K3', 'three'), COMMIT);
  await scene.clock.advance(500);
  assert.deepEqual(producer.questions, []);
  producer = await restart(scene, producer, (scene) => scene.restart());
  await scene.rounds(1, producer);
  assert.deepEqual(
    producer.questions.map(({ half }) => half.uniqKey),
    ['K2'],
  );
  await scene.stop();
});
