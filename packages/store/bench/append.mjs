/**
 * CPU per append, consume queue and its share of the writes included, on the real file system.
 *
 *   node packages/store/bench/append.mjs [folder] [messages] [appends per turn] [ASYNC_FLUSH|SYNC_FLUSH] [queues]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realPlatform } from '@rocketmq-ts/platform';
import { AppendStatus, MessageStore } from '@rocketmq-ts/store';

const [parent = tmpdir(), total = '2000000', perTurn = '64', flushDiskType = 'ASYNC_FLUSH', queues = '4'] =
  process.argv.slice(2);
const root = mkdtempSync(join(parent, 'store-bench-'));
const platform = realPlatform();
const store = await MessageStore.open(platform, { storePathRootDir: root, flushDiskType });
store.start();
const body = Buffer.alloc(128, 'b');
const properties = Buffer.from(
  `KEYS\u0001order-0000001\u0002UNIQ_KEY\u0001C00002021D5418B4AAC27C5A1B2C0000\u0002WAIT\u0001true\u0002TAGS\u0001TagA\u0002` +
    `CLUSTER\u0001DefaultCluster\u0002TRACE\u0001${'t'.repeat(24)}\u0002`,
);
const request = {
  topic: store.topic('BenchmarkTest'),
  ...{ queueId: 0, flag: 0, sysFlag: 0, bornTimestamp: Date.now(), bornIp: 0x7f000001, bornPort: 40000 },
  ...{ reconsumeTimes: 0, preparedTransactionOffset: 0, body, bodyStart: 0, bodyEnd: body.length },
  ...{ properties, propertiesStart: 0, propertiesEnd: properties.length, tagsCode: 2598919, waitStore: true },
};
const count = Number(total);
const batch = Number(perTurn);
const queueCount = Number(queues);
let appended = 0;
let lastEnd = 0;
let inlineNs = 0n;

function turn() {
  const begun = process.hrtime.bigint();
  for (let i = 0; i < batch && appended < count; i++, appended++) {
    request.queueId = appended % queueCount;
    const status = store.append(request);
    if (status !== AppendStatus.PUT_OK)
      throw new Error(`append answered ${status}: ${store.refusal()?.message}`);
  }
  inlineNs += process.hrtime.bigint() - begun;
  lastEnd = store.lastAppend.endOffset;
}

async function run() {
  appended = 0;
  inlineNs = 0n;
  const cpu = process.cpuUsage();
  const begun = process.hrtime.bigint();
  await new Promise((resolve) => {
    const sync = flushDiskType === 'SYNC_FLUSH';
    const onward = () => {
      if (appended >= count) {
        if ((sync ? store.durableOffset : store.writtenOffset) >= lastEnd) resolve();
        else setImmediate(onward);
        return;
      }
      turn();
      setImmediate(onward);
    };
    onward();
  });
  const wallNs = Number(process.hrtime.bigint() - begun);
  const used = process.cpuUsage(cpu);
  const per = (ns) => (ns / count / 1000).toFixed(3);
  const { writeCount, syncCount } = store.counters();
  console.log(
    `${flushDiskType}, ${properties.length} B properties, ${batch} per turn, ${queueCount} queues: append call ${per(Number(inlineNs))} us, ` +
      `wall ${per(wallNs)} us, CPU user ${per(used.user * 1000)} us + system ${per(used.system * 1000)} us per message; ` +
      `${Math.round(count / (wallNs / 1e9))} messages/s; writes ${writeCount}, syncs ${syncCount}, RSS ${Math.round(process.memoryUsage.rss() / 1048576)} MiB`,
  );
}

await run();
await run();
await store.shutdown();
rmSync(root, { recursive: true, force: true });
