/** Messages with everything a message can have, and the comparison of what came out with what went in. */
import assert from 'node:assert/strict';
import type { ConsumedMessage, TestMessage } from './java-clients.ts';
import type { StoredRecord } from './read-topic.ts';

/** `count` messages, all different: tags or none, one or more keys, flags, properties, unicode, small and large bodies. */
export function sampleMessages(count: number, largeBodies = true): TestMessage[] {
  return Array.from({ length: count }, (_, i) => {
    const message = {
      body: sampleBody(i, largeBodies),
      flag: i % 5 === 0 ? i : 0,
      keys: i % 3 === 0 ? `order-${i} 客户-${i}` : `order-${i}`,
      properties: sampleProperties(i),
    };
    return i % 4 === 3 ? message : { ...message, tags: ['TagA', 'TagB', '标签'][i % 4] as string };
  });
}

function sampleBody(i: number, large: boolean): Buffer {
  if (large && i % 10 === 1) return Buffer.from(`compressible ${i} `.repeat(1000)); // over 4 KiB: sent compressed
  if (large && i % 10 === 2)
    return Buffer.from(Array.from({ length: 5000 }, (_, j) => (i + j * j * 7) & 0xff));
  if (i % 10 === 3) return Buffer.from([i & 0xff, 0, 1, 2, 0xff, 0xfe]); // no text
  return Buffer.from(`body ${i}: grüße, 你好, 🚀`);
}

function sampleProperties(i: number): Record<string, string> {
  if (i % 3 === 0) return {};
  return { colour: 'blue', größe: `${i} "quoted" \\ {json} = : / <tab\t>`, 名字: '值 🚀' };
}

/** What the broker stored is what was sent: each exactly once, every part of it. */
export function assertStored(stored: readonly StoredRecord[], sent: readonly TestMessage[]): void {
  const described = stored.map((record) => describe(record.body, record.flag, record.properties));
  assert.deepEqual(described.sort(), sent.map(describeSent).sort());
}

/** What the consumer was given is what was sent: each exactly once, every part of it. */
export function assertConsumed(consumed: readonly ConsumedMessage[], sent: readonly TestMessage[]): void {
  const described = consumed.map((one) =>
    describe(one.body, one.flag, new Map(Object.entries(one.properties))),
  );
  assert.deepEqual(described.sort(), sent.map(describeSent).sort());
}

function describeSent(message: TestMessage): string {
  const properties = new Map(Object.entries(message.properties ?? {}));
  if (message.tags !== undefined) properties.set('TAGS', message.tags);
  if (message.keys !== undefined) properties.set('KEYS', message.keys);
  return describe(message.body, message.flag ?? 0, properties);
}

/** Leaves out what clients add: id, WAIT, offsets, times. */
function describe(body: Buffer, flag: number, properties: ReadonlyMap<string, string>): string {
  const added = ['UNIQ_KEY', 'WAIT', 'MIN_OFFSET', 'MAX_OFFSET', 'CONSUME_START_TIME', 'CLUSTER'];
  const own = [...properties].filter(([key]) => !added.includes(key)).sort();
  return JSON.stringify([own, flag, body.toString('base64')]);
}
