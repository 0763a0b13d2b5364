/**
 * What many queues cost: memory, writing them, stopping, starting, and the first message to each after a start.
 *
 *   node packages/store/bench/many-queues.mjs [queues] [topics] [folder]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realPlatform } from '@rocketmq-ts/platform';
import { AppendStatus, MessageStore } from '@rocketmq-ts/store';

const [queues = '100000', topics = '1000', parent = tmpdir()] = process.argv.slice(2);
const root = mkdtempSync(join(parent, 'store-queues-'));
const platform = realPlatform();
const body = Buffer.alloc(100, 'b');
const properties = Buffer.from('TAGS\u0001TagA\u0002');
const request = {
  ...{ topic: undefined, queueId: 0, flag: 0, sysFlag: 0, bornTimestamp: Date.now(), bornIp: 1, bornPort: 1 },
  ...{ reconsumeTimes: 0, preparedTransactionOffset: 0, body, bodyStart: 0, bodyEnd: body.length },
  ...{ properties, propertiesStart: 0, propertiesEnd: properties.length, tagsCode: 1, waitStore: true },
};
const topicCount = Number(topics);
const perTopic = Math.ceil(Number(queues) / topicCount);
const options = { storePathRootDir: root, messageIndexEnable: false };

let lagMs = 0;
let last = performance.now();
const ticker = setInterval(() => {
  const now = performance.now();
  lagMs = Math.max(lagMs, now - last - 5);
  last = now;
}, 5);

async function timed(name, task) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  lagMs = 0;
  const result = await task();
  const used = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const rss = Math.round(process.memoryUsage.rss() / 1048576);
  const cpuMs = Math.round((used.user + used.system) / 1000);
  console.log(
    `${name}: ${Math.round(performance.now() - begun)} ms, CPU ${cpuMs} ms, loop held ${Math.round(lagMs)} ms, RSS ${rss} MiB`,
  );
  return result;
}

async function toEach(store) {
  for (let t = 0; t < topicCount; t++) {
    request.topic = store.topic(`Topic${t}`);
    for (let q = 0; q < perTopic; q++) {
      request.queueId = q;
      if (store.append(request) !== AppendStatus.PUT_OK)
        throw new Error(`refused: ${store.refusal()?.message}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let store = await timed('open an empty store', () => MessageStore.open(platform, options));
store.start();
await timed('one message to each queue', () => toEach(store));
await timed('another one', () => toEach(store));
await timed('checkpoint (all queue files written and synced)', () => store.checkpoint());
await timed('another message to each', () => toEach(store));
await timed('stop', () => store.shutdown());
store = await timed('start after a clean stop', () => MessageStore.open(platform, options));
store.start();
await timed('one message to each, each queue opened', () => toEach(store));
await timed('another one', () => toEach(store));
await timed('stop', () => store.shutdown());
clearInterval(ticker);
rmSync(root, { recursive: true, force: true });
