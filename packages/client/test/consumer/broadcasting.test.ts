/** Broadcasting: every member gets everything; offsets are kept in a file of the machine. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MQClientError } from '@rocketmq-ts/client';
import { RealFileSystem, silentLogger } from '@rocketmq-ts/platform';
import { RequestCode } from '@rocketmq-ts/protocol';
import { LocalOffsetStore } from '../../src/consumer/local-offset-store.ts';
import { MessageQueue } from '../../src/message/message-queue.ts';
import { bodies, consumerScene } from '../support/consumer-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'rocketmq-client-'));
after(() => rmSync(folder, { recursive: true }));

test('every member gets every message, and goes on where it stopped', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 8; i++) broker.put('TopicTest', i % 4, `m${i}`);
  const got: string[][] = [[], []];
  const make = (index: number, clientIP: string) => {
    const each = consumer({ messageModel: 'BROADCASTING', localOffsetStoreDir: folder, clientIP });
    each.subscribe('TopicTest');
    each.registerMessageListener((messages) => {
      got[index]?.push(...bodies(messages));
      if (bodies(messages)[0] === 'm3') throw new Error('dropped, as nobody can send it again to one member');
    });
    return each;
  };
  const one = make(0, '10.0.4.1');
  const two = make(1, '10.0.4.2');
  await world.run(Promise.all([one.start(), two.start()]));
  await world.until(() => got.every((each) => each.length === 8));
  await world.run(one.shutdown());
  assert.ok(existsSync(join(folder, '10.0.4.1@test/CG/offsets.json')));
  assert.equal(broker.count(RequestCode.UPDATE_CONSUMER_OFFSET), 0);
  assert.equal(broker.sentBack.length, 0);
  assert.equal(world.log.count('BROADCASTING, the message consume failed, drop it'), 2);
  broker.put('TopicTest', 0, 'meanwhile');
  got[0] = [];
  const again = make(0, '10.0.4.1');
  await world.run(again.start());
  await world.until(() => got[0]?.length === 1);
  assert.deepEqual(got[0], ['meanwhile']);
  await world.run(Promise.all([again.shutdown(), two.shutdown()]));
});

test('the instance name of a broadcasting consumer stays, so that its file is found again', async () => {
  const { world, broker, consumer } = await consumerScene();
  const one = consumer({
    messageModel: 'BROADCASTING',
    localOffsetStoreDir: folder,
    instanceName: 'DEFAULT',
  });
  one.subscribe('TopicTest');
  one.registerMessageListener(() => {});
  await world.run(one.start());
  assert.deepEqual(broker.clientIds('CG'), ['10.0.4.1@DEFAULT']);
  await world.run(one.shutdown());
});

function store(name: string): LocalOffsetStore {
  return new LocalOffsetStore(folder, name, 'G', new RealFileSystem(), silentLogger);
}

const queue = new MessageQueue('T', 'broker-a', 2);

test("the file is Java's, and is read back; increaseOnly never goes back", async () => {
  const first = store('c1');
  await first.load();
  assert.equal(first.memoryOffset(queue), -1);
  first.updateOffset(queue, 7, false);
  first.updateOffset(queue, 5, true);
  first.updateOffset(new MessageQueue('Other', 'broker-a', 0), 1, true);
  await first.persistAll();
  const text = readFileSync(first.path, 'utf8');
  assert.match(
    text.replaceAll(/\s/g, ''),
    /^\{"offsetTable":\{\{"brokerName":"broker-a","queueId":2,"topic":"T"\}:7,/,
  );
  const second = store('c1');
  await second.load();
  assert.equal(await second.readOffset(queue), 7);
  assert.deepEqual(
    second.offsets('T').map((each) => each.offset),
    [7],
  );
  second.updateOffset(queue, 3, false);
  await second.persistAll();
  assert.match(readFileSync(`${second.path}.bak`, 'utf8'), /:7/);
});

test('a damaged file gives way to the .bak; two damaged ones stop the start', async () => {
  const first = store('c2');
  first.updateOffset(queue, 7, false);
  await first.persistAll();
  first.updateOffset(queue, 8, false);
  await first.persistAll();
  writeFileSync(first.path, '{"offsetTable":{{"brok');
  const second = store('c2');
  await second.load();
  assert.equal(second.memoryOffset(queue), 7);
  writeFileSync(`${first.path}.bak`, 'x');
  await assert.rejects(store('c2').load(), (error: MQClientError) => error.code === 'OFFSET_STORE_FAILED');
});
