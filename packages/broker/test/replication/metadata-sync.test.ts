/** A slave believes about its master what the log says that it holds, and no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@rocketmq-ts/platform';
import { SimClock } from '@rocketmq-ts/platform/sim';
import {
  encodeConsumerOffsetTable,
  encodeKVTable,
  type RemotingCommand,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { MetadataSync, type MetadataSyncOptions } from '../../src/replication/metadata-sync.ts';

function setUp() {
  const clock = new SimClock();
  const master = { offset: 5, logEnd: 1000, delivered: 3 };
  const slave = { logEnd: 900, offsets: [] as unknown[], delays: [] as unknown[] };
  const bodies = new Map<number, () => Buffer>([
    [
      RequestCode.GET_ALL_CONSUMER_OFFSET,
      () => encodeConsumerOffsetTable({ offsetTable: new Map([['T@G', new Map([[0, master.offset]])]]) }),
    ],
    [
      RequestCode.GET_ALL_DELAY_OFFSET,
      () => Buffer.from(JSON.stringify({ offsetTable: { 1: master.delivered } })),
    ],
    [
      RequestCode.GET_BROKER_RUNTIME_INFO,
      () => encodeKVTable({ table: new Map([['commitLogMaxOffset', String(master.logEnd)]]) }),
    ],
  ]);
  const options = {
    clock,
    logger: silentLogger,
    client: {
      invoke: async (_address: string, { code }: { code: number }) =>
        ({ code: 0, body: bodies.get(code)?.() }) as unknown as RemotingCommand,
    },
    masterAddress: () => '10.0.0.1:10911',
    offsets: { merge: (table: unknown) => slave.offsets.push(table) },
    logEnd: () => slave.logEnd,
    onOffsets: () => {},
    onDelayOffsets: (delays: unknown) => slave.delays.push(delays),
  };
  return { clock, master, slave, sync: new MetadataSync(options as unknown as MetadataSyncOptions) };
}

test('offsets and progress of delayed messages are taken over once the log is here that they speak of', async () => {
  const { clock, slave, sync } = setUp();
  await clock.run(sync.sync());
  await clock.advance(1000);
  assert.deepEqual([slave.offsets, slave.delays], [[], []]);
  slave.logEnd = 1000;
  await clock.advance(1000);
  assert.deepEqual(slave.offsets, [new Map([['T@G', new Map([[0, 5]])]])]);
  assert.deepEqual(slave.delays, [new Map([[1, 3]])]);
});

test('what waits is not replaced by what would have to wait longer', async () => {
  const { clock, master, slave, sync } = setUp();
  await clock.run(sync.sync());
  master.logEnd = 5000;
  master.offset = 50;
  await clock.run(sync.sync());
  slave.logEnd = 1000;
  await clock.advance(1000);
  assert.deepEqual(slave.offsets, [new Map([['T@G', new Map([[0, 5]])]])]);
  await sync.stop();
});
