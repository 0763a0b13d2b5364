/**
 * The store dies at every operation on the disk of a script, and is opened again: nothing acknowledged is lost, under
 * SYNC_FLUSH when the power goes, under ASYNC_FLUSH when the process is killed. Planted bugs show that this is noticed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimFileSystem } from '@rocketmq-ts/platform/sim';
import { GetResult, type MessageStore, type StoreOptionsInput } from '@rocketmq-ts/store';
import { type Acknowledged, openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { messagesOf } from './store-fixture.ts';

interface Script {
  readonly flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH';
  readonly power: boolean;
  readonly plantedBugs?: StoreOptionsInput['plantedBugs'];
}

/** Bodies of different lengths, so that records straddle sectors, and enough that files roll over. */
function bodyOf(index: number): string {
  return `message-${index}-${'.'.repeat((index * 37) % 700)}`;
}

function optionsOf(script: Script): Partial<StoreOptionsInput> {
  const { flushDiskType, plantedBugs } = script;
  return { flushDiskType, plantedBugs, mapedFileSizeCommitLog: 4096, maxMessageSize: 2048 };
}

/** Runs the script until its end or the death of the process. */
async function runScript(process: SimProcess, script: Script, acknowledged: Acknowledged[]): Promise<void> {
  const alive = (): boolean => !process.fs.crashed;
  const { clock } = process;
  const steps = async (): Promise<void> => {
    const store = await openSim(process, optionsOf(script));
    store.start();
    const sender = new Sender(store, script.flushDiskType === 'SYNC_FLUSH', alive);
    let index = 0;
    for (let turn = 0; turn < 14 && alive(); turn++) {
      for (let i = 0; i <= turn % 4; i++, index++) sender.send({ body: bodyOf(index), queueId: index % 3 });
      await clock.advance(turn % 5 === 4 ? 1500 : 20);
      acknowledged.splice(0, acknowledged.length, ...sender.acknowledged);
      if (turn === 8 && alive()) await runOrDie(process, store.checkpoint());
    }
    if (alive()) await runOrDie(process, store.shutdown());
    acknowledged.splice(0, acknowledged.length, ...sender.acknowledged);
  };
  try {
    await steps();
  } catch (error) {
    // Opening a store on a disk that dies fails; anything else is a mistake.
    if (alive()) throw error;
  }
}

/** A promise that may stay pending because the process dies. */
async function runOrDie(process: SimProcess, promise: Promise<void>): Promise<void> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  for (let i = 0; i < 400 && !settled && !process.fs.crashed; i++) await process.clock.advance(5);
}

async function readQueue(
  process: SimProcess,
  store: MessageStore,
  queueId: number,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const queue = store.findQueue('TestTopic', queueId);
  let offset = queue?.minOffset ?? 0;
  while (queue !== undefined && offset < queue.maxOffset) {
    const out = new GetResult();
    const pulled = store.getMessage(queue, offset, 32, undefined, out);
    if (pulled !== true) await process.clock.run(pulled);
    for (const message of messagesOf(out)) found.set(message.queueOffset, message.body.toString());
    assert.ok(out.nextBeginOffset > offset, 'a pull goes on');
    offset = out.nextBeginOffset;
  }
  return found;
}

/** Opens what is left and compares; answers what is wrong. */
async function problemsAfter(
  left: SimFileSystem,
  process: SimProcess,
  script: Script,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  const next = simProcess({ clock: process.clock, fs: left });
  const options: Partial<StoreOptionsInput> = { ...optionsOf(script), flushDiskType: 'ASYNC_FLUSH' };
  const store = await openSim(next, options);
  const problems: string[] = [];
  const queues = [];
  for (let queueId = 0; queueId < 3; queueId++) queues.push(await readQueue(next, store, queueId));
  for (const message of acknowledged) {
    const queueId = Number(message.queue.split('/')[1]);
    const found = queues[queueId]?.get(message.queueOffset);
    if (found !== message.body)
      problems.push(`${message.queue} ${message.queueOffset}: ${found ?? 'missing'}`);
  }
  // Life goes on: append, stop cleanly, and find everything at the next start.
  store.start();
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < 5; i++) sender.send({ body: `later-${i}`, queueId: 0 });
  await next.clock.advance(2000);
  await next.clock.run(store.shutdown());
  if (left.existsSync('/store/abort')) problems.push('the abort file is left after a clean stop');
  const again = await openSim(simProcess({ clock: process.clock, fs: left }), options);
  if (again.recovery.abnormal) problems.push('a clean stop counts as abnormal');
  const bodies = [...(await readQueue(next, again, 0)).values()];
  if (bodies.slice(-5).join() !== 'later-0,later-1,later-2,later-3,later-4')
    problems.push('later messages are lost');
  for (const [offset, body] of queues[0] ?? []) {
    if ((await readQueue(next, again, 0)).get(offset) !== body) problems.push(`0/${offset} changed`);
  }
  await next.clock.run(again.shutdown());
  return problems;
}

async function operationsOf(script: Script): Promise<number> {
  const process = simProcess();
  const acknowledged: Acknowledged[] = [];
  await runScript(process, script, acknowledged);
  assert.ok(acknowledged.length > 30, `${acknowledged.length} acknowledged without a crash`);
  return process.fs.operationCount;
}

/** Dies at operation `number`, in the way the seed chooses; answers what is wrong afterwards. */
async function crashAt(script: Script, number: number, seed: number): Promise<string[]> {
  const process = simProcess();
  process.fs.onOperation = (operation) =>
    operation.number === number ? { crash: seed % 2 === 0 ? 'before' : 'after' } : undefined;
  const acknowledged: Acknowledged[] = [];
  await runScript(process, script, acknowledged);
  const left = process.fs.crash(script.power ? { powerSeed: seed } : {});
  try {
    return await problemsAfter(left, process, script, acknowledged);
  } catch (error) {
    return [`opening failed: ${(error as Error).stack}`];
  }
}

async function campaign(script: Script, seedsEach: number): Promise<string[]> {
  const total = await operationsOf(script);
  const problems: string[] = [];
  for (let number = 1; number <= total; number++) {
    for (let i = 0; i < seedsEach; i++) {
      const seed = number * 31 + i;
      for (const problem of await crashAt(script, number, seed))
        problems.push(`operation ${number} seed ${seed}: ${problem}`);
    }
  }
  return problems;
}

test('SYNC_FLUSH: nothing acknowledged is lost when the power goes at any operation', async () => {
  assert.deepEqual(await campaign({ flushDiskType: 'SYNC_FLUSH', power: true }, 2), []);
});

test('ASYNC_FLUSH: nothing acknowledged is lost when the process is killed at any operation', async () => {
  assert.deepEqual(await campaign({ flushDiskType: 'ASYNC_FLUSH', power: false }, 2), []);
});

for (const [name, bug, power] of [
  ['acknowledging before the sync', { acknowledgeBeforeSync: true }, true],
  ['a skipped replay', { skipReplay: true }, false],
  ['marks moved before the queues are durable', { markBeforeSync: true }, true],
  ['names of files not made durable', { forgetFolderSync: true }, true],
] as const) {
  test(`a planted bug is found: ${name}`, async () => {
    const script: Script = { flushDiskType: power ? 'SYNC_FLUSH' : 'ASYNC_FLUSH', power, plantedBugs: bug };
    const problems = await campaign(script, 2);
    assert.ok(
      problems.some((problem) => problem.includes('missing')),
      `lost messages are noticed: ${problems.slice(0, 5).join('; ')}`,
    );
  });
}
