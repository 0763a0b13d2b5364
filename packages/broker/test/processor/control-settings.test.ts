/** Request codes 25, 26, 28, 200: settings and figures of the broker. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  decodeKVTable,
  encodeSubscriptionGroupConfig,
  newSubscriptionGroupConfig,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { ControlRig } from '../rig/control-rig.ts';

async function rigFor(t: TestContext): Promise<ControlRig> {
  const rig = await ControlRig.start();
  t.after(() => rig.stop());
  return rig;
}

function change(rig: ControlRig, text: string) {
  return rig.call(RequestCode.UPDATE_BROKER_CONFIG, {}, Buffer.from(text));
}

test('25: a change is written and taken, and seen by 26', async (t) => {
  const rig = await rigFor(t);
  assert.equal((await change(rig, 'fileReservedTime=10\ntraceOn=false\n')).code, 0);
  assert.deepEqual(rig.persisted, [{ fileReservedTime: '10', traceOn: 'false' }]);
  assert.equal(rig.config.values.fileReservedTime, 10);
  const report = await rig.call(RequestCode.GET_BROKER_CONFIG);
  assert.match(report.body!.toString(), /^fileReservedTime=10$/m);
  assert.equal(JSON.parse(report.ext.get('version')!).counter, 1);
});

test('25: what would keep the broker from starting, or is not to be changed from outside, is refused as a whole', async (t) => {
  const rig = await rigFor(t);
  for (const text of [
    'listenPort=12345\n',
    'storePathRootDir=/tmp/elsewhere\n',
    'namesrvAddr=evil:9876\n',
    'aclEnable=true\nfileReservedTime=1\n',
    'flushDiskType=NEVER\n',
    'noSuchKey=1\n',
  ]) {
    const answer = await change(rig, text);
    assert.equal(answer.code, 1, text);
    assert.match(answer.remark ?? '', new RegExp(text.split('=')[0]!));
  }
  assert.deepEqual(rig.persisted, []);
  assert.equal(rig.config.values.fileReservedTime, 72);
});

test('25: a key may be given the value it has', async (t) => {
  const rig = await rigFor(t);
  assert.equal((await change(rig, 'listenPort=10911\nbrokerName=broker-x\n')).code, 0);
  assert.equal((await change(rig, '')).code, 0);
  assert.deepEqual(rig.persisted, []);
});

test('25: brokerPermission makes a new version of the topics, which name servers take', async (t) => {
  const rig = await rigFor(t);
  const { counter } = rig.parts.control.topics.version;
  assert.equal((await change(rig, 'brokerPermission=4\n')).code, 0);
  assert.equal(rig.parts.control.topics.version.counter, counter + 1);
});

test('28: figures', async (t) => {
  const rig = await rigFor(t);
  // What the store took: more than was sent, where messages were delayed or sent back.
  rig.store.counters = () => ({ appendedCount: 4, appendedBytes: 400, writeCount: 1, syncCount: 1 });
  await rig.clock.advance(65_000);
  const answer = await rig.call(RequestCode.GET_BROKER_RUNTIME_INFO);
  const { table } = decodeKVTable(answer.body!);
  assert.equal(table.get('brokerVersionDesc'), 'V4_4_0');
  assert.equal(table.get('putMessageTimesTotal'), '4');
  assert.equal(table.get('putMessageAverageSize'), '100');
  assert.equal(table.get('runtime'), '[ 0 days, 0 hours, 1 minutes, 5 seconds ]');
  assert.match(table.get('commitLogDirCapacity')!, /^Total : [\d.]+ [KMGT]iB, Free : [\d.]+ [KMGT]iB\.$/);
  assert.match(table.get('putTps')!, /^[\d.E-]+ [\d.E-]+ [\d.E-]+$/);
});

test('200: a group with impossible settings is refused', async (t) => {
  const rig = await rigFor(t);
  const set = (groupName: string, retryQueueNums: number) =>
    rig.call(
      RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
      {},
      encodeSubscriptionGroupConfig({ ...newSubscriptionGroupConfig(groupName), retryQueueNums }),
    );
  assert.equal((await set('G', 2)).code, 0);
  assert.match((await set('../G', 1)).remark ?? '', /illegal/);
  assert.match((await set('H', -1)).remark ?? '', /retryQueueNums=-1/);
});
