/** Which half messages the op topic says are done with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageExt } from '@rocketmq-ts/protocol';
import { OP_REMOVE_TAG, OpLog } from '../../src/transaction/op-log.ts';
import type { QueueReader, ReadBatch } from '../../src/transaction/queue-reader.ts';

function op(queueOffset: number, commitLogOffset: number, half: number): MessageExt {
  const properties = new Map([['TAGS', OP_REMOVE_TAG]]);
  return { queueOffset, commitLogOffset, properties, body: Buffer.from(String(half)) } as MessageExt;
}

async function opLogOf(...ops: MessageExt[]): Promise<OpLog> {
  const reader = {
    read: async (_topic: string, _queueId: number, offset: number): Promise<ReadBatch> => ({
      messages: ops.slice(offset),
      nextOffset: ops.length,
    }),
  };
  const log = new OpLog(reader as unknown as QueueReader, 0, 0);
  await log.catchUp();
  return log;
}

test('an op ends the half message before it, and not one that got its queue offset after a power failure', async () => {
  const log = await opLogOf(op(0, 5000, 8));
  assert.equal(log.isDone(8, 4000), true);
  assert.equal(log.isDone(8, 6000), false);
  assert.equal(log.isDone(7, 4000), false);
});
