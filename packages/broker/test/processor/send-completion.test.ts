import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeBatch, type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { BrokerRig, type BrokerRigOptions, sendFields } from '../rig/broker-rig.ts';

async function start(
  t: TestContext,
  config: NonNullable<BrokerRigOptions['config']> = {},
): Promise<BrokerRig> {
  const rig = await BrokerRig.start({ config: { flushDiskType: 'SYNC_FLUSH', ...config } });
  t.after(() => rig.stop());
  rig.addTopic('T');
  return rig;
}

/** Sends without waiting; the answer lands in `answers` under the name. */
function begin(
  rig: BrokerRig,
  answers: Map<string, RemotingCommand>,
  name: string,
  properties: string,
): void {
  const fields = sendFields('T', { i: properties });
  rig.ask(RequestCode.SEND_MESSAGE_V2, fields, Buffer.from(name)).then(
    (answer) => answers.set(name, answer),
    () => {},
  );
}

const WAIT = 'WAIT\x01true\x02';
const NO_WAIT = 'WAIT\x01false\x02';

test('SYNC_FLUSH answers after the sync, in order; WAIT=false does not wait', async (t) => {
  const rig = await start(t);
  const answers = new Map<string, RemotingCommand>();
  begin(rig, answers, 'first', WAIT);
  begin(rig, answers, 'hasty', NO_WAIT);
  begin(rig, answers, 'second', '');
  await rig.clock.advance(100);
  assert.deepEqual([...answers.keys()], ['hasty']);
  rig.store.sync();
  await rig.clock.settle();
  assert.deepEqual([...answers.keys()], ['hasty', 'first', 'second']);
  for (const answer of answers.values()) assert.equal(answer.code, 0);
  assert.equal(rig.context.stats.putEntireTimeMaxMs, 100);
  assert.match(rig.context.stats.putTimes.text(), /^\[<=0ms\]:1 .* \[100~200ms\]:2 /);
});

test('a disk that takes longer than syncFlushTimeout is told as FLUSH_DISK_TIMEOUT', async (t) => {
  const rig = await start(t);
  const answers = new Map<string, RemotingCommand>();
  begin(rig, answers, 'a', WAIT);
  await rig.clock.advance(3000);
  begin(rig, answers, 'b', WAIT);
  await rig.clock.advance(2100);
  assert.deepEqual([...answers.keys()], ['a']);
  const answer = answers.get('a')!;
  assert.equal(answer.code, ResponseCode.FLUSH_DISK_TIMEOUT);
  assert.equal(answer.ext.get('queueOffset'), '0');
  assert.equal(answer.ext.get('msgId')!.length, 32);
  rig.store.sync();
  await rig.clock.settle();
  assert.equal(answers.get('b')!.code, 0);
  begin(rig, answers, 'c', WAIT);
  await rig.clock.advance(6000);
  assert.equal(answers.get('c')!.code, ResponseCode.FLUSH_DISK_TIMEOUT);
});

test('nothing is acknowledged after a failed sync', async (t) => {
  const rig = await start(t);
  const answers = new Map<string, RemotingCommand>();
  begin(rig, answers, 'a', WAIT);
  await rig.clock.advance(10);
  rig.store.fail('fdatasync failed: EIO');
  await rig.clock.settle();
  assert.equal(answers.get('a')!.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.match(answers.get('a')!.remark!, /fdatasync failed: EIO/);
  begin(rig, answers, 'b', WAIT);
  begin(rig, answers, 'hasty', NO_WAIT);
  await rig.clock.advance(1);
  rig.store.sync();
  await rig.clock.advance(4000);
  assert.equal(answers.get('b'), undefined);
  assert.equal(answers.get('hasty'), undefined);
});

test('what a failed write lost is refused, what was written before is not', async (t) => {
  const rig = await start(t);
  const answers = new Map<string, RemotingCommand>();
  begin(rig, answers, 'kept', WAIT);
  await rig.clock.advance(10);
  rig.store.failNextWrite = true;
  begin(rig, answers, 'lost', WAIT);
  begin(rig, answers, 'lost too', NO_WAIT);
  await rig.clock.advance(10);
  assert.deepEqual([...answers.keys()].sort(), ['lost', 'lost too']);
  for (const answer of answers.values()) {
    assert.equal(answer.code, ResponseCode.SERVICE_NOT_AVAILABLE);
    assert.match(answer.remark!, /the disk refused a write/);
  }
  rig.store.sync();
  await rig.clock.settle();
  assert.equal(answers.get('kept')!.code, 0);
});

test('sends that wait for the disk are bounded', async (t) => {
  const rig = await start(t, { sendThreadPoolQueueCapacity: 2 });
  const answers = new Map<string, RemotingCommand>();
  for (const name of ['a', 'b', 'c']) begin(rig, answers, name, WAIT);
  await rig.clock.advance(10);
  assert.deepEqual([...answers.keys()], ['c']);
  assert.equal(answers.get('c')!.code, ResponseCode.SYSTEM_BUSY);
  assert.equal(answers.get('c')!.remark, '[OVERLOAD]system busy, start flow control for a while');
  rig.store.sync();
  await rig.clock.settle();
  assert.equal(answers.get('b')!.code, 0);
});

test('a batch waits as one and is answered with all its ids', async (t) => {
  const rig = await start(t);
  const body = encodeBatch(
    ['1', '2'].map((text) => ({ topic: 'T', flag: 0, properties: new Map(), body: Buffer.from(text) })),
  );
  const asked = rig.ask(RequestCode.SEND_BATCH_MESSAGE, sendFields('T', { i: WAIT, m: 'true' }), body);
  await rig.clock.advance(10);
  assert.equal(rig.dataPath.completion.length, 1);
  rig.store.sync();
  const answer = await rig.run(asked);
  assert.equal(answer.ext.get('msgId')!.split(',').length, 2);
});

test('a producer that has gone gets no answer and holds nothing up', async (t) => {
  const rig = await start(t);
  const answers = new Map<string, RemotingCommand>();
  const gone = rig.newClient();
  const asked = rig.ask(RequestCode.SEND_MESSAGE_V2, sendFields('T', { i: WAIT }), Buffer.from('x'), gone);
  asked.catch(() => {});
  await rig.clock.advance(10);
  begin(rig, answers, 'stays', WAIT);
  await rig.clock.advance(10);
  await rig.run(gone.close());
  await rig.clock.advance(10);
  rig.store.sync();
  await rig.clock.settle();
  assert.equal(answers.get('stays')!.code, 0);
  assert.equal(rig.dataPath.completion.length, 0);
});
