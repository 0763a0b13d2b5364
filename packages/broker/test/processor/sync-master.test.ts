/** What a SYNC_MASTER answers, with slaves that do what a test says. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeBatch, type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import type { SlaveAcks } from '../../src/replication/slave-acks.ts';
import { BrokerRig, type BrokerRigOptions, sendFields } from '../rig/broker-rig.ts';

class FakeSlaves implements SlaveAcks {
  ackedOffset = 0;
  available = true;
  asked = 0;
  readonly #listeners: (() => void)[] = [];

  isAvailable(): boolean {
    this.asked++;
    return this.available;
  }

  onAck(listener: () => void): void {
    this.#listeners.push(listener);
  }

  ack(offset: number): void {
    this.ackedOffset = offset;
    for (const listener of this.#listeners) listener();
  }
}

const WAIT = 'WAIT\x01true\x02';
const NO_WAIT = 'WAIT\x01false\x02';

async function start(t: TestContext, config: NonNullable<BrokerRigOptions['config']> = {}) {
  const slaves = new FakeSlaves();
  const rig = await BrokerRig.start({ config: { brokerRole: 'SYNC_MASTER', ...config }, slaves });
  t.after(() => rig.stop());
  rig.addTopic('T');
  const answers = new Map<string, RemotingCommand>();
  const send = (name: string, properties: string): void => {
    const fields = sendFields('T', { i: properties });
    rig.ask(RequestCode.SEND_MESSAGE_V2, fields, Buffer.from(name)).then(
      (answer) => answers.set(name, answer),
      () => {},
    );
  };
  return { rig, slaves, answers, send };
}

test('answers come when a slave has the bytes, in order; WAIT=false does not wait', async (t) => {
  const { rig, slaves, answers, send } = await start(t);
  send('first', WAIT);
  send('hasty', NO_WAIT);
  send('second', '');
  await rig.clock.advance(100);
  assert.deepEqual([...answers.keys()], ['hasty']);
  slaves.ack(1);
  await rig.clock.settle();
  assert.equal(answers.size, 1, 'half a record is none');
  slaves.ack(rig.store.lastAppend.endOffset - 1);
  await rig.clock.settle();
  assert.deepEqual([...answers.keys()], ['hasty', 'first']);
  slaves.ack(rig.store.lastAppend.endOffset);
  await rig.clock.settle();
  assert.deepEqual([...answers.keys()], ['hasty', 'first', 'second']);
  for (const answer of answers.values()) assert.equal(answer.code, ResponseCode.SUCCESS);
});

test('a slave that does not acknowledge within syncFlushTimeout is told as FLUSH_SLAVE_TIMEOUT', async (t) => {
  const { rig, slaves, answers, send } = await start(t);
  send('a', WAIT);
  await rig.clock.advance(3000);
  send('b', WAIT);
  await rig.clock.advance(1900);
  assert.equal(answers.size, 0);
  await rig.clock.advance(200);
  assert.deepEqual([...answers.keys()], ['a']);
  const answer = answers.get('a')!;
  assert.equal(answer.code, ResponseCode.FLUSH_SLAVE_TIMEOUT);
  assert.equal(answer.code, 12);
  assert.equal(answer.ext.get('queueOffset'), '0');
  assert.equal(answer.ext.get('msgId')!.length, 32);
  slaves.ack(rig.store.lastAppend.endOffset);
  await rig.clock.settle();
  assert.equal(answers.get('b')!.code, ResponseCode.SUCCESS);
});

test('without a slave, or with one too far behind, the answer is SLAVE_NOT_AVAILABLE and does not wait', async (t) => {
  const { rig, slaves, answers, send } = await start(t);
  slaves.available = false;
  send('a', WAIT);
  send('hasty', NO_WAIT);
  await rig.clock.advance(10);
  assert.equal(answers.get('a')!.code, ResponseCode.SLAVE_NOT_AVAILABLE);
  assert.equal(answers.get('a')!.code, 11);
  assert.equal(answers.get('a')!.ext.get('queueId'), '1');
  assert.equal(answers.get('hasty')!.code, ResponseCode.SUCCESS);
});

test('with SYNC_FLUSH both the disk and the slave are waited for; the slave outweighs the disk', async (t) => {
  const { rig, slaves, answers, send } = await start(t, { flushDiskType: 'SYNC_FLUSH' });
  send('both', WAIT);
  await rig.clock.advance(10);
  slaves.ack(rig.store.lastAppend.endOffset);
  await rig.clock.advance(10);
  assert.equal(answers.size, 0);
  rig.store.sync();
  await rig.clock.settle();
  assert.equal(answers.get('both')!.code, ResponseCode.SUCCESS);

  send('slow disk', WAIT);
  await rig.clock.advance(10);
  slaves.ack(rig.store.lastAppend.endOffset);
  await rig.clock.advance(5100);
  assert.equal(answers.get('slow disk')!.code, ResponseCode.FLUSH_DISK_TIMEOUT);

  send('slow slave', WAIT);
  await rig.clock.advance(10);
  rig.store.sync();
  await rig.clock.advance(5100);
  assert.equal(answers.get('slow slave')!.code, ResponseCode.FLUSH_SLAVE_TIMEOUT);

  slaves.available = false;
  send('no slave', WAIT);
  await rig.clock.advance(10);
  assert.equal(answers.has('no slave'), false, 'the disk is waited for all the same');
  await rig.clock.advance(5100);
  assert.equal(answers.get('no slave')!.code, ResponseCode.SLAVE_NOT_AVAILABLE);
});

test('a batch waits for the slave as one', async (t) => {
  const { rig, slaves } = await start(t);
  const body = encodeBatch(
    ['1', '2'].map((text) => ({ topic: 'T', flag: 0, properties: new Map(), body: Buffer.from(text) })),
  );
  const asked = rig.ask(RequestCode.SEND_BATCH_MESSAGE, sendFields('T', { i: WAIT, m: 'true' }), body);
  await rig.clock.advance(10);
  assert.equal(rig.dataPath.completion.length, 1);
  slaves.ack(rig.store.lastAppend.endOffset);
  const answer = await rig.run(asked);
  assert.equal(answer.code, ResponseCode.SUCCESS);
  assert.equal(answer.ext.get('msgId')!.split(',').length, 2);
});

test('what a failed write lost is refused, and sends that wait for a slave are bounded', async (t) => {
  const { rig, slaves, answers, send } = await start(t, { sendThreadPoolQueueCapacity: 2 });
  rig.store.failNextWrite = true;
  send('lost', WAIT);
  await rig.clock.advance(10);
  assert.equal(answers.get('lost')!.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  for (const name of ['a', 'b', 'c']) send(name, WAIT);
  await rig.clock.advance(10);
  assert.equal(answers.get('c')!.code, ResponseCode.SYSTEM_BUSY);
  slaves.ack(rig.store.lastAppend.endOffset);
  await rig.clock.settle();
  assert.equal(answers.get('b')!.code, ResponseCode.SUCCESS);
});

test('an ASYNC_MASTER asks for no slave', async (t) => {
  const rig = await BrokerRig.start();
  t.after(() => rig.stop());
  rig.addTopic('T');
  assert.equal((await rig.send('T', 'a', { i: WAIT })).code, ResponseCode.SUCCESS);
});
