/** What the store's tests share: a platform over a real or simulated disk, and short ways to append and to pull. */
import type { FileSystem, Platform } from '@rocketmq-ts/platform';
import { RealClock, RealFileSystem, RealNetwork, RealRandom, Turn } from '@rocketmq-ts/platform';
import { decodeRecord, encodeProperties, javaHashCode, type MessageExt } from '@rocketmq-ts/protocol';
import {
  type AppendRequest,
  AppendStatus,
  GetResult,
  type MessageFilter,
  type MessageStore,
  type StoreOptionsInput,
} from '@rocketmq-ts/store';

export function realPlatformOf(fileSystem: FileSystem = new RealFileSystem()): Platform {
  const clock = new RealClock();
  return { clock, fileSystem, network: new RealNetwork(), random: new RealRandom(), turn: new Turn(clock) };
}

/** Small files, so that tests see them roll over. */
export function smallOptions(root: string): StoreOptionsInput {
  return {
    storePathRootDir: root,
    mapedFileSizeCommitLog: 64 * 1024,
    mapedFileSizeConsumeQueue: 100 * 20,
    maxHashSlotNum: 1000,
    maxIndexNum: 5000,
    maxMessageSize: 32 * 1024,
    chunkBytes: 16 * 1024,
    memoryWindowBytes: 64 * 1024,
    coldBlockBytes: 4096,
    coldCacheBytes: 64 * 1024,
    zeroAheadBytes: 16 * 1024,
    scrubBytesPerSecond: 0,
  };
}

export interface TestMessage {
  topic?: string;
  queueId?: number;
  body?: string | Buffer;
  tags?: string;
  sysFlag?: number;
  properties?: Record<string, string>;
}

export function requestOf(store: MessageStore, message: TestMessage): AppendRequest {
  const body = Buffer.isBuffer(message.body) ? message.body : Buffer.from(message.body ?? '');
  const all = new Map(Object.entries(message.properties ?? {}));
  if (message.tags !== undefined) all.set('TAGS', message.tags);
  const properties = Buffer.from(encodeProperties(all));
  return {
    topic: store.topic(message.topic ?? 'TestTopic'),
    queueId: message.queueId ?? 0,
    flag: 0,
    sysFlag: message.sysFlag ?? 0,
    bornTimestamp: 1_700_000_000_000,
    bornIp: 0x7f000001,
    bornPort: 12_345,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    bodyStart: 0,
    bodyEnd: body.length,
    properties,
    propertiesStart: 0,
    propertiesEnd: properties.length,
    tagsCode: message.tags === undefined ? 0 : javaHashCode(message.tags),
    waitStore: true,
  };
}

/** Appends and answers where it went. Throws when it was refused. */
export function put(
  store: MessageStore,
  message: TestMessage,
): { physicalOffset: number; queueOffset: number; endOffset: number } {
  const status = store.append(requestOf(store, message));
  if (status !== AppendStatus.PUT_OK)
    throw new Error(`append answered ${status}: ${store.refusal()?.message}`);
  const { physicalOffset, queueOffset, endOffset } = store.lastAppend;
  return { physicalOffset, queueOffset, endOffset };
}

/** Waits until what has been appended is written (and, in SYNC_FLUSH, durable). */
export async function progressTo(
  store: MessageStore,
  platform: Platform,
  offset: number,
  durable = false,
): Promise<void> {
  while ((durable ? store.durableOffset : store.writtenOffset) < offset) {
    await new Promise<void>((resolve) => platform.clock.setImmediate(resolve));
  }
  await new Promise<void>((resolve) => platform.clock.setImmediate(resolve));
}

export async function pull(
  store: MessageStore,
  offset: number,
  options: { topic?: string; queueId?: number; maxNums?: number; filter?: MessageFilter } = {},
): Promise<GetResult> {
  const out = new GetResult();
  const queue = store.findQueue(options.topic ?? 'TestTopic', options.queueId ?? 0);
  await store.getMessage(queue, offset, options.maxNums ?? 32, options.filter, out);
  return out;
}

export function messagesOf(out: GetResult): MessageExt[] {
  const bytes = Buffer.alloc(out.sizeBytes);
  out.copyTo(bytes, 0);
  const messages: MessageExt[] = [];
  for (let at = 0; at < bytes.length; ) {
    const message = decodeRecord(bytes, at);
    messages.push(message);
    at += message.storeSize;
  }
  return messages;
}

/** Bodies of all messages of a queue, in order. */
export async function readAll(store: MessageStore, topic = 'TestTopic', queueId = 0): Promise<string[]> {
  const bodies: string[] = [];
  const queue = store.findQueue(topic, queueId);
  let offset = queue?.minOffset ?? 0;
  while (queue !== undefined && offset < queue.maxOffset) {
    const out = await pull(store, offset, { topic, queueId });
    for (const message of messagesOf(out)) bodies.push(message.body.toString());
    if (out.nextBeginOffset <= offset) break;
    offset = out.nextBeginOffset;
  }
  return bodies;
}
