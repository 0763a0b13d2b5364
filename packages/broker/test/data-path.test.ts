/** Messages through a whole broker: real sockets, real store, real disk. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import {
  decodeOffsetMsgId,
  decodeRecord,
  decodeRecords,
  encodeBatch,
  type MessageExt,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../src/broker.ts';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { pullFields, type SendFields, sendFields } from './rig/broker-rig.ts';
import { testHost } from './support/host-facts.ts';

const INLINE = '4';
const INLINE_AND_SUSPEND = '6';

class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'data-path-'));
  readonly client = new RemotingClient({ platform: realPlatform() });
  broker!: Broker;
  readonly #settings: Record<string, string>;

  constructor(settings: Record<string, string>) {
    this.#settings = settings;
  }

  static async start(t: TestContext, settings: Record<string, string> = {}): Promise<Rig> {
    const rig = new Rig(settings);
    t.after(async () => {
      await rig.client.close(0);
      await rig.broker.stop();
      rmSync(rig.folder, { recursive: true, force: true });
    });
    await rig.startBroker();
    return rig;
  }

  async startBroker(): Promise<void> {
    const settings = {
      brokerIP1: '127.0.0.1',
      listenHost: '127.0.0.1',
      listenPort: '0',
      storePathRootDir: join(this.folder, 'store'),
      mapedFileSizeCommitLog: '1048576',
      maxMessageSize: '65536',
      zeroAheadBytes: '1048576',
      ...this.#settings,
    };
    const host = { ...testHost, homeFolder: this.folder };
    const config = BrokerConfig.load({ host, overrides: new Map(Object.entries(settings)) });
    this.broker = await Broker.start(realPlatform(), config);
  }

  ask(code: number, ext: Record<string, string | number>, body?: Buffer): Promise<RemotingCommand> {
    return this.client.invoke(`127.0.0.1:${this.broker.port}`, { code, ext, body }, 60_000);
  }

  send(body: string, given: Partial<SendFields> = {}): Promise<RemotingCommand> {
    return this.ask(RequestCode.SEND_MESSAGE_V2, sendFields('T', given), Buffer.from(body));
  }

  pull(queueId: number, offset: number, subscription = '*', sysFlag = INLINE): Promise<RemotingCommand> {
    const fields = pullFields('T', offset, { queueId: `${queueId}`, sysFlag, subscription });
    return this.ask(RequestCode.PULL_MESSAGE, fields);
  }

  /** Everything in a queue that the subscription lets through. */
  async drain(queueId: number, subscription = '*'): Promise<MessageExt[]> {
    const messages: MessageExt[] = [];
    for (let offset = 0; ; ) {
      const answer = await this.pull(queueId, offset, subscription);
      if (answer.code === ResponseCode.SUCCESS) messages.push(...decodeRecords(answer.body!));
      else if (answer.code !== ResponseCode.PULL_RETRY_IMMEDIATELY) return messages;
      offset = Number(answer.ext.get('nextBeginOffset'));
    }
  }
}

for (const memory of ['67108864', '2097152']) {
  test(`ten thousand messages, all of them, once, in order; ${memory} bytes of the log in memory`, async (t) => {
    const rig = await Rig.start(t, { memoryWindowBytes: memory });
    const count = 10_000;
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        rig.send(`${i}`, { e: `${i % 4}`, i: `TAGS\x01${i % 3 === 0 ? 'A' : 'B'}\x02KEYS\x01k${i}\x02` }),
      ),
    );
    for (const [i, answer] of answers.entries()) {
      assert.equal(answer.code, 0, answer.remark);
      assert.equal(answer.ext.get('queueOffset'), `${Math.floor(i / 4)}`);
    }
    for (let queueId = 0; queueId < 4; queueId++) {
      const messages = await rig.drain(queueId);
      assert.deepEqual(
        messages.map((message) => Number(message.body.toString())),
        Array.from({ length: count / 4 }, (_, i) => i * 4 + queueId),
      );
      assert.deepEqual(
        messages.slice(0, 50).map(({ offsetMsgId }) => offsetMsgId),
        answers
          .filter((_, i) => i % 4 === queueId)
          .slice(0, 50)
          .map(({ ext }) => ext.get('msgId')),
      );
      const tagged = await rig.drain(queueId, 'A');
      assert.deepEqual(
        tagged.map((message) => message.body.toString()),
        messages.map((message) => message.body.toString()).filter((body) => Number(body) % 3 === 0),
      );
    }
  });
}

test('a message is found again by the id it was given, also inside a batch and after a restart', async (t) => {
  const rig = await Rig.start(t);
  await rig.send('before');
  const body = encodeBatch(
    ['one', 'two'].map((text) => ({
      topic: 'T',
      flag: 7,
      properties: new Map([['TAGS', text]]),
      body: Buffer.from(text),
    })),
  );
  const batch = await rig.ask(RequestCode.SEND_BATCH_MESSAGE, sendFields('T', { m: 'true' }), body);
  assert.equal(batch.code, 0);
  const ids = batch.ext.get('msgId')!.split(',');
  for (let start = 0; start < 2; start++) {
    for (const [index, id] of ids.entries()) {
      const found = await rig.ask(RequestCode.VIEW_MESSAGE_BY_ID, { offset: decodeOffsetMsgId(id).offset });
      const message = decodeRecord(found.body!, 0);
      assert.equal(message.body.toString(), ['one', 'two'][index]);
      assert.equal(message.queueOffset, 1 + index);
      assert.equal(message.flag, 7);
    }
    await rig.broker.stop();
    await rig.startBroker();
  }
  assert.equal((await rig.send('after')).ext.get('queueOffset'), '3');
});

test('SYNC_FLUSH: many at once are acknowledged and can be consumed', async (t) => {
  const rig = await Rig.start(t, { flushDiskType: 'SYNC_FLUSH' });
  await rig.send('first');
  const waiting = rig.pull(1, 1, '*', INLINE_AND_SUSPEND);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => rig.send(`${i}`, { i: `WAIT\x01${i % 2 === 0}\x02` })),
  );
  assert.ok(answers.every(({ code }) => code === 0));
  assert.equal((await waiting).code, ResponseCode.SUCCESS);
  assert.equal((await rig.drain(1)).length, 201);
});

test('a message as large as is allowed, and one larger', async (t) => {
  const rig = await Rig.start(t);
  const room = 65536 - 91 - 'T'.length;
  const largest = 'x'.repeat(room);
  assert.equal((await rig.send(largest, { i: '' })).code, 0);
  const refused = await rig.send(`${largest}x`, { i: '' });
  assert.equal(refused.code, ResponseCode.MESSAGE_ILLEGAL);
  assert.match(refused.remark!, /maxMessageSize=65536/);
  assert.equal((await rig.drain(1))[0]!.body.length, room);
});

test('a delayed message waits through a restart', async (t) => {
  const rig = await Rig.start(t, { messageDelayLevel: '1s 2s' });
  const sentAt = Date.now();
  await rig.send('soon', { i: 'DELAY\x011\x02' });
  await rig.send('later', { i: 'DELAY\x012\x02' });
  await rig.broker.stop();
  await rig.startBroker();
  const bodies: string[] = [];
  while (bodies.length < 2) {
    const answer = await rig.pull(1, bodies.length, '*', INLINE_AND_SUSPEND);
    if (answer.code !== ResponseCode.SUCCESS) continue;
    bodies.push(...decodeRecords(answer.body!).map(({ body }) => body.toString()));
  }
  assert.deepEqual(bodies, ['soon', 'later']);
  assert.ok(Date.now() - sentAt >= 2000);
  await rig.broker.stop();
  await rig.startBroker();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await rig.drain(1)).length, 2);
});

test('a reader that does not read is cut off or caught up with, and harms nobody', async (t) => {
  const rig = await Rig.start(t, { memoryWindowBytes: '2097152', maxPinnedBytes: '2097152' });
  const body = 'y'.repeat(60_000);
  for (let i = 0; i < 40; i++) await rig.send(body, { i: '' });
  const slow = await realPlatform().network.connect({
    host: '127.0.0.1',
    port: rig.broker.port,
    timeoutMs: 30_000,
  });
  slow.setHandler({ onData() {}, onDrain() {}, onClose() {} });
  slow.pause();
  const header = Buffer.from(
    JSON.stringify({
      code: 11,
      extFields: pullFields('T', 0, { sysFlag: INLINE, subscription: '*' }),
      flag: 0,
      opaque: 1,
    }),
  );
  const frame = Buffer.concat([Buffer.alloc(8), header]);
  frame.writeInt32BE(4 + header.length, 0);
  frame.writeInt32BE(header.length, 4);
  for (let i = 0; i < 200; i++) slow.write([frame]);
  // The log's memory wraps several times meanwhile.
  for (let i = 0; i < 200; i++) assert.equal((await rig.send(body, { i: '' })).code, 0);
  const messages = await rig.drain(1);
  assert.equal(messages.length, 240);
  assert.ok(messages.every((message) => message.body.toString() === body));
  slow.destroy();
});
