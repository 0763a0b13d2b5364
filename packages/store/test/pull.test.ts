/** The rules of a pull, from memory and from disk: both must say the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaHashCode } from '@rocketmq-ts/protocol';
import { GetMessageStatus, type GetResult, type MessageFilter, type MessageStore } from '@rocketmq-ts/store';
import { openSim, type SimProcess, simProcess } from './sim-store.ts';
import { messagesOf, pull, put, type TestMessage } from './store-fixture.ts';

interface Opened {
  readonly process: SimProcess;
  readonly store: MessageStore;
}

/** The same messages in a store that has them in memory and in one that has to read them. */
async function bothWays(
  messages: readonly TestMessage[],
  check: (opened: Opened, where: string) => Promise<void>,
  options: Parameters<typeof openSim>[1] = {},
): Promise<void> {
  const process = simProcess();
  const store = await openSim(process, {
    memoryWindowBytes: 16 * 1024 * 1024,
    chunkBytes: 1024 * 1024,
    ...options,
  });
  store.start();
  for (const message of messages) put(store, message);
  await process.clock.advance(10);
  await check({ process, store }, 'memory');
  await process.clock.run(store.shutdown());
  const reader = simProcess({ clock: process.clock, fs: process.fs });
  const reopened = await openSim(reader, options);
  await check({ process: reader, store: reopened }, 'disk');
  await reader.clock.run(reopened.shutdown());
}

function pullAt(
  opened: Opened,
  offset: number,
  options: Parameters<typeof pull>[2] = {},
): Promise<GetResult> {
  return opened.process.clock.run(pull(opened.store, offset, options));
}

function bodies(out: GetResult): string[] {
  return messagesOf(out).map((message) => message.body.toString());
}

test('outcomes for offsets outside the queue', async () => {
  await bothWays([{ body: 'a' }, { body: 'b' }], async (opened) => {
    const statuses = async (offset: number, topic = 'TestTopic'): Promise<unknown[]> => {
      const out = await pullAt(opened, offset, { topic });
      return [out.status, out.nextBeginOffset, out.minOffset, out.maxOffset];
    };
    assert.deepEqual(await statuses(2), [GetMessageStatus.OFFSET_OVERFLOW_ONE, 2, 0, 2]);
    assert.deepEqual(await statuses(9), [GetMessageStatus.OFFSET_OVERFLOW_BADLY, 0, 0, 2]);
    assert.deepEqual(await statuses(-1), [GetMessageStatus.OFFSET_TOO_SMALL, 0, 0, 2]);
    assert.deepEqual(await statuses(7, 'Unknown'), [GetMessageStatus.NO_MATCHED_LOGIC_QUEUE, 0, 0, 0]);
    opened.store.queue('Empty', 0);
    assert.deepEqual(await statuses(7, 'Empty'), [GetMessageStatus.NO_MESSAGE_IN_QUEUE, 0, 0, 0]);
    opened.store.reconfigure({ correctOffsets: false });
    assert.deepEqual(await statuses(9), [GetMessageStatus.OFFSET_OVERFLOW_BADLY, 9, 0, 2]);
  });
});

test('a batch ends at maxNums, at 32 messages, at 262144 bytes; at least one message is given', async () => {
  const small = Array.from({ length: 50 }, (_, i) => ({ body: `small ${i}` }));
  await bothWays(small, async (opened) => {
    assert.deepEqual(bodies(await pullAt(opened, 3, { maxNums: 5 })), [
      'small 3',
      'small 4',
      'small 5',
      'small 6',
      'small 7',
    ]);
    const out = await pullAt(opened, 0, { maxNums: 100 });
    assert.equal(out.count, 32);
    assert.equal(out.nextBeginOffset, 32);
    assert.equal(out.maxOffset, 50);
  });
  const big = [100_000, 100_000, 100_000, 500_000, 10].map((length, i) => ({ body: `${i}`.repeat(length) }));
  const sizes = { mapedFileSizeCommitLog: 4 * 1024 * 1024, maxMessageSize: 1024 * 1024 };
  await bothWays(
    big,
    async (opened) => {
      assert.equal((await pullAt(opened, 0)).count, 2);
      assert.equal((await pullAt(opened, 3)).count, 1, 'larger than the bound, alone');
      assert.equal((await pullAt(opened, 4)).count, 1);
    },
    sizes,
  );
});

test('what lies far behind the end counts as being on disk: 8 messages, 65536 bytes', async () => {
  const messages = Array.from({ length: 100 }, (_, i) => ({ body: `${i}`.padEnd(1000, '.') }));
  await bothWays(
    messages,
    async (opened) => {
      const out = await pullAt(opened, 0);
      assert.equal(out.count, 8);
      assert.ok(out.suggestPullingFromSlave);
      assert.ok(opened.store.isOnDisk('TestTopic', 0, 0));
      assert.ok(!opened.store.isOnDisk('TestTopic', 0, 99));
      const last = await pullAt(opened, 90);
      assert.equal(last.count, 10);
      assert.ok(!last.suggestPullingFromSlave);
    },
    { totalMemoryBytes: 50_000 },
  );
});

test('a filter by tag looks at 800 units at most and says where it got to', async () => {
  const messages: TestMessage[] = Array.from({ length: 1000 }, (_, i) => ({
    body: `${i}`,
    tags: i === 950 ? 'Rare' : 'Often',
  }));
  const rare = javaHashCode('Rare');
  const filter: MessageFilter = { matchesTagsCode: (code) => code === rare };
  await bothWays(messages, async (opened) => {
    const first = await pullAt(opened, 0, { filter });
    assert.equal(first.status, GetMessageStatus.NO_MATCHED_MESSAGE);
    assert.equal(first.nextBeginOffset, 800);
    const second = await pullAt(opened, first.nextBeginOffset, { filter });
    assert.deepEqual(bodies(second), ['950']);
    assert.equal(second.nextBeginOffset, 1000);
  });
});

test('a filter by record sees the record, in whatever memory it lies', async () => {
  const messages = Array.from({ length: 100 }, (_, i) => ({
    body: `${i}`,
    tags: i % 2 === 0 ? 'Even' : 'Odd',
  }));
  const seen: number[] = [];
  const filter: MessageFilter = {
    matchesTagsCode: (code) => code === javaHashCode('Even'),
    matchesRecord(buffer, start) {
      const offset = buffer.readInt32BE(start + 24);
      seen.push(offset);
      return offset % 10 === 0;
    },
  };
  await bothWays(messages, async (opened) => {
    seen.length = 0;
    assert.deepEqual(bodies(await pullAt(opened, 1, { filter, maxNums: 4 })), ['10', '20', '30', '40']);
    assert.deepEqual(seen.slice(0, 5), [2, 4, 6, 8, 10]);
  });
});

test('messages of several queues, interleaved, also over the ends of files', async () => {
  const messages: TestMessage[] = Array.from({ length: 2000 }, (_, i) => ({
    body: `${i} ${'.'.repeat(i % 97)}`,
    queueId: i % 7,
    topic: i % 3 === 0 ? 'Other' : 'TestTopic',
  }));
  await bothWays(messages, async (opened, where) => {
    for (const topic of ['TestTopic', 'Other']) {
      for (let queueId = 0; queueId < 7; queueId++) {
        const expected = messages.filter((message) => message.topic === topic && message.queueId === queueId);
        const found: string[] = [];
        for (let offset = 0; offset < expected.length; ) {
          const out = await pullAt(opened, offset, { topic, queueId });
          found.push(...bodies(out));
          offset = out.nextBeginOffset;
        }
        assert.deepEqual(
          found,
          expected.map((message) => message.body),
          `${topic} ${queueId} from ${where}`,
        );
      }
    }
  });
});

test('prepared and rolled back messages are in the log but in no queue', async () => {
  const messages: TestMessage[] = [
    { body: 'a' },
    { body: 'half', sysFlag: 4 },
    { body: 'gone', sysFlag: 12 },
    { body: 'b', sysFlag: 8 },
  ];
  await bothWays(messages, async (opened) => {
    assert.deepEqual(bodies(await pullAt(opened, 0)), ['a', 'b']);
    const half = opened.store.physicalOffsetOf('TestTopic', 0, 0);
    assert.equal(half, 0);
    const record = await opened.process.clock.run(opened.store.messageByOffset(91 + 9 + 1));
    assert.ok(record !== undefined && record.readInt32BE(36) === 4);
  });
});

test('questions by place and by time', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const places: number[] = [];
  const begin = process.clock.now();
  for (let i = 0; i < 20; i++) {
    places.push(put(store, { body: `message ${i}` }).physicalOffset);
    await process.clock.advance(100);
  }
  const run = <T>(promise: Promise<T>): Promise<T> => process.clock.run(promise);
  const byTime = (ms: number): Promise<number> => run(store.offsetByTime('TestTopic', 0, begin + ms));
  assert.equal(await byTime(500), 5);
  assert.equal(await byTime(530), 5);
  assert.equal(await byTime(570), 6);
  assert.equal(await byTime(550), 5, 'the earlier of two equally near');
  assert.equal(await byTime(-1000), 0);
  assert.equal(await byTime(1_000_000), 19);
  assert.equal(await run(store.offsetByTime('Unknown', 0, begin)), 0);
  assert.equal(await run(store.earliestMessageTime('TestTopic', 0)), begin);
  assert.equal(await run(store.earliestStoreTime()), begin);
  assert.equal(await run(store.storeTimestampOf('TestTopic', 0, 7)), begin + 700);
  assert.equal(await run(store.storeTimestampOf('TestTopic', 0, 20)), -1);
  assert.equal(store.physicalOffsetOf('TestTopic', 0, 3), places[3]);
  assert.equal(store.physicalOffsetOf('TestTopic', 0, 20), undefined);
  for (const wrong of [
    -1,
    1,
    50,
    1e9,
    Number.NaN,
    2 ** 60,
    (places[3] as number) + 1,
    store.maxPhysicalOffset,
  ]) {
    assert.equal(await run(store.messageByOffset(wrong)), undefined, `offset ${wrong}`);
  }
  const record = await run(store.messageByOffset(places[3] as number));
  assert.equal(record?.toString('latin1').includes('message 3'), true);
  assert.equal(store.damage.length, 0);
  await run(store.shutdown());
});
