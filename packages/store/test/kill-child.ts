/** A process that appends until it is killed, and prints what has been acknowledged: `queueId queueOffset body` per line. */
import { MessageStore } from '@rocketmq-ts/store';
import { put, realPlatformOf, smallOptions } from './store-fixture.ts';

const [root = '', prefix = ''] = process.argv.slice(2);
const platform = realPlatformOf();
const store = await MessageStore.open(platform, { ...smallOptions(root), flushIntervalConsumeQueue: 20 });
store.start();
const waiting: { line: string; endOffset: number }[] = [];
store.onProgress((writtenOffset) => {
  let lines = '';
  while (waiting.length > 0 && (waiting[0] as { endOffset: number }).endOffset <= writtenOffset) {
    lines += waiting.shift()?.line;
  }
  if (lines !== '') process.stdout.write(lines);
});
let sequence = 0;
function turn(): void {
  for (let i = 0; i < 10; i++) {
    const body = `${prefix}-${sequence} ${'k'.repeat(sequence % 300)}`;
    const queueId = sequence++ % 3;
    const { queueOffset, endOffset } = put(store, { body, queueId });
    waiting.push({ line: `${queueId} ${queueOffset} ${body}\n`, endOffset });
  }
  if (sequence === 2000) void store.checkpoint();
  setImmediate(turn);
}
turn();
