import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decodeRecords, type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import {
  BrokerRig,
  type BrokerRigOptions,
  type PullFields,
  pullFields,
  sendFields,
} from '../rig/broker-rig.ts';

async function start(t: TestContext, options: BrokerRigOptions = {}): Promise<BrokerRig> {
  const rig = await BrokerRig.start(options);
  t.after(() => rig.stop());
  rig.addTopic('T');
  rig.subscribe('CG1', 'T', '*');
  return rig;
}

interface Asked {
  answer: RemotingCommand | undefined;
  /** Simulated time of the answer. */
  at: number;
}

function begin(rig: BrokerRig, offset: number, given: Partial<PullFields> = {}): Asked {
  const asked: Asked = { answer: undefined, at: 0 };
  rig.ask(RequestCode.PULL_MESSAGE, pullFields('T', offset, given)).then(
    (answer) => {
      asked.answer = answer;
      asked.at = rig.clock.monotonicMs();
    },
    () => {},
  );
  return asked;
}

function bodies(asked: Asked): string[] {
  return decodeRecords(asked.answer?.body ?? Buffer.alloc(0)).map((message) => message.body.toString());
}

test('a held pull is answered in the turn in which its message is stored', async (t) => {
  const rig = await start(t);
  const asked = begin(rig, 0);
  await rig.clock.advance(5000);
  assert.equal(asked.answer, undefined);
  const other = begin(rig, 0, { queueId: '2' });
  await rig.send('T', 'hello');
  await rig.clock.settle();
  assert.equal(asked.answer!.code, ResponseCode.SUCCESS);
  assert.deepEqual(bodies(asked), ['hello']);
  assert.equal(asked.answer!.ext.get('nextBeginOffset'), '1');
  assert.equal(other.answer, undefined);
});

test('a pull that finds nothing until its time is over is told so', async (t) => {
  const rig = await start(t);
  const before = rig.clock.monotonicMs();
  const asked = begin(rig, 0, { suspendTimeoutMillis: '15000' });
  await rig.clock.advance(14_900);
  assert.equal(asked.answer, undefined);
  await rig.clock.advance(300);
  assert.equal(asked.answer!.code, ResponseCode.PULL_NOT_FOUND);
  assert.ok(asked.at - before >= 15_000);
  await rig.send('T', 'a');
  const atEnd = begin(rig, 1);
  await rig.clock.advance(15_200);
  assert.deepEqual(
    [atEnd.answer!.code, atEnd.answer!.remark],
    [ResponseCode.PULL_NOT_FOUND, 'OFFSET_OVERFLOW_ONE'],
  );
  assert.equal(atEnd.answer!.ext.get('nextBeginOffset'), '1');
});

test('messages of other tags do not wake it, and are skipped for good within five seconds', async (t) => {
  const rig = await start(t);
  rig.subscribe('CG1', 'T', 'A', 2);
  const asked = begin(rig, 0);
  await rig.clock.advance(1000);
  await rig.send('T', 'other', { i: 'TAGS\x01B\x02' });
  await rig.clock.advance(4800);
  assert.equal(asked.answer, undefined);
  await rig.clock.advance(400);
  assert.deepEqual(
    [asked.answer!.code, asked.answer!.remark],
    [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MESSAGE'],
  );
  assert.equal(asked.answer!.ext.get('nextBeginOffset'), '1');
  const again = begin(rig, 1);
  await rig.send('T', 'other', { i: 'TAGS\x01B\x02' });
  await rig.send('T', 'mine', { i: 'TAGS\x01A\x02' });
  await rig.clock.settle();
  assert.deepEqual(bodies(again), ['mine']);
  assert.equal(again.answer!.ext.get('nextBeginOffset'), '3');
});

test('every group that waits for a queue is woken', async (t) => {
  const rig = await start(t);
  const asked: Asked[] = [];
  for (let i = 0; i < 100; i++) {
    rig.subscribe(`G${i}`, 'T', i % 2 === 0 ? '*' : 'B');
    asked.push(begin(rig, 0, { consumerGroup: `G${i}` }));
  }
  await rig.clock.advance(10);
  assert.equal(rig.dataPath.heldPulls, 100);
  await rig.send('T', 'a', { i: 'TAGS\x01A\x02' });
  await rig.clock.settle();
  assert.equal(asked.filter(({ answer }) => answer !== undefined).length, 50);
  assert.equal(rig.dataPath.heldPulls, 50);
});

test('SYNC_FLUSH wakes pulls once the message is on disk', async (t) => {
  const rig = await start(t, { config: { flushDiskType: 'SYNC_FLUSH' } });
  const asked = begin(rig, 0);
  const sent = rig.ask(RequestCode.SEND_MESSAGE_V2, sendFields('T'), Buffer.from('x'));
  await rig.clock.advance(100);
  assert.equal(asked.answer, undefined);
  rig.store.sync();
  await rig.run(sent);
  assert.deepEqual(bodies(asked), ['x']);
});

test('a pull of a closed connection is forgotten', async (t) => {
  const rig = await start(t);
  const gone = rig.newClient();
  rig.ask(RequestCode.PULL_MESSAGE, pullFields('T', 0), undefined, gone).catch(() => {});
  const stays = begin(rig, 0);
  await rig.clock.advance(10);
  assert.equal(rig.dataPath.heldPulls, 2);
  await rig.run(gone.close());
  await rig.clock.advance(10);
  assert.equal(rig.dataPath.heldPulls, 1);
  await rig.send('T', 'x');
  await rig.clock.settle();
  assert.deepEqual(bodies(stays), ['x']);
});

test('at the bound a pull is told to come back later', async (t) => {
  const rig = await start(t, { config: { pullThreadPoolQueueCapacity: 2 } });
  const asked = [begin(rig, 0), begin(rig, 0), begin(rig, 0)];
  await rig.clock.advance(10);
  assert.equal(asked[1]!.answer, undefined);
  assert.equal(asked[2]!.answer!.code, ResponseCode.SYSTEM_BUSY);
  assert.match(
    asked[2]!.answer!.remark!,
    /^\[OVERLOAD\]2 pulls wait for messages \(pullThreadPoolQueueCapacity\)/,
  );
});

test('what changed while a pull was held is looked at before it gets anything', async (t) => {
  const rig = await start(t);
  const cases: [string, (rig: BrokerRig) => void, number][] = [
    [
      'permission of the topic',
      () => (rig.topics.get('T')!.config = { ...rig.topics.get('T')!.config, perm: 2 }),
      ResponseCode.NO_PERMISSION,
    ],
    [
      'consumeEnable',
      () => (rig.groups.get('CG1')!.config.consumeEnable = false),
      ResponseCode.NO_PERMISSION,
    ],
    [
      'subscription',
      () => rig.consumers.get('CG1')!.subscriptions.delete('T'),
      ResponseCode.SUBSCRIPTION_NOT_EXIST,
    ],
    ['group', () => rig.consumers.delete('CG1'), ResponseCode.SUBSCRIPTION_NOT_EXIST],
    ['broker', () => (rig.config.brokerPermission = 2), ResponseCode.NO_PERMISSION],
  ];
  let offset = 0;
  for (const [what, change, code] of cases) {
    const asked = begin(rig, offset);
    await rig.clock.advance(10);
    change(rig);
    await rig.send('T', 'x');
    offset++;
    await rig.clock.settle();
    assert.equal(asked.answer?.code, code, what);
    rig.addTopic('T');
    rig.groups.get('CG1')!.config.consumeEnable = true;
    rig.consumers.clear();
    rig.subscribe('CG1', 'T', '*');
    rig.config.brokerPermission = 6;
  }
});

test('a narrower subscription counts for pulls already held', async (t) => {
  const rig = await start(t);
  const asked = begin(rig, 0);
  await rig.clock.advance(10);
  rig.subscribe('CG1', 'T', 'A', 2);
  await rig.send('T', 'b', { i: 'TAGS\x01B\x02' });
  await rig.clock.settle();
  assert.equal(asked.answer, undefined);
  await rig.send('T', 'a', { i: 'TAGS\x01A\x02' });
  await rig.clock.settle();
  assert.deepEqual(bodies(asked), ['a']);
});

test('with long polling off a pull is held shortly and not woken', async (t) => {
  const rig = await start(t, { config: { longPollingEnable: false, shortPollingTimeMills: 800 } });
  const asked = begin(rig, 0);
  await rig.clock.advance(10);
  await rig.send('T', 'x');
  await rig.clock.advance(500);
  assert.equal(asked.answer, undefined);
  await rig.clock.advance(400);
  assert.deepEqual(bodies(asked), ['x']);
});

test('a held pull whose messages have to come from disk gets them', async (t) => {
  const rig = await start(t);
  const asked = begin(rig, 0);
  await rig.clock.advance(10);
  rig.store.cold = true;
  await rig.send('T', 'x');
  await rig.clock.advance(10);
  assert.equal(asked.answer, undefined);
  rig.store.finishReads();
  await rig.clock.settle();
  assert.deepEqual(bodies(asked), ['x']);
  assert.equal(rig.dataPath.heldPulls, 0);
});

test('without the SUSPEND flag, or without time to wait, the answer comes at once', async (t) => {
  const rig = await start(t);
  for (const given of [{ sysFlag: '0' }, { suspendTimeoutMillis: '0' }, { suspendTimeoutMillis: '-5' }]) {
    const asked = begin(rig, 0, given);
    await rig.clock.settle();
    assert.equal(asked.answer!.code, ResponseCode.PULL_NOT_FOUND);
  }
  assert.equal(rig.dataPath.heldPulls, 0);
});

test('a pull that would wait for ages is held like others', async (t) => {
  const rig = await start(t);
  const asked = begin(rig, 0, { suspendTimeoutMillis: '9007199254740991' });
  await rig.clock.advance(100);
  assert.equal(rig.dataPath.heldPulls, 1);
  assert.equal(asked.answer, undefined);
});
