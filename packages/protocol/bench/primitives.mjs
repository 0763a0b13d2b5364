/**
 * Cost of the per-message primitives, in ns per call: `node packages/protocol/bench/primitives.mjs` after a build.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';
import {
  ByteInterner,
  crc32,
  javaHashCodeOfBytes,
  unescapeInto,
  writeDecimal,
  writeOffsetMsgId,
} from '../dist/src/index.js';

let sink = 0;
function measure(name, run) {
  const rounds = 300_000;
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 7; repeat++) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) sink += run(i);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / rounds);
  }
  console.log(`${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns`);
}

for (const size of [16, 64, 128, 256, 512, 1024, 4096]) {
  const body = Buffer.alloc(size + 8, 0x5a);
  measure(`crc32 ${size} bytes`, (i) => crc32(body, i & 7, (i & 7) + size));
  measure(`  zlib.crc32 of a subarray`, (i) => zlibCrc32(body.subarray(i & 7, (i & 7) + size)));
}
const escaped = Buffer.from(
  'a\\u00011\\u0002KEYS\\u0001k1 RETRY\\u0002UNIQ_KEY\\u0001C000020231CD1DBD16A670D093BC0000\\u0002WAIT\\u0001true\\u0002TAGS\\u0001TagA\\u0002',
);
const target = Buffer.alloc(1024);
measure(`unescapeInto ${escaped.length} bytes of properties`, () =>
  unescapeInto(target, 0, escaped, 0, escaped.length),
);
measure('writeDecimal small', (i) => writeDecimal(target, 0, i & 0xffff));
measure('writeDecimal timestamp', (i) => writeDecimal(target, 0, 1795383917503 + i));
measure('writeOffsetMsgId', (i) => writeOffsetMsgId(target, 0, 0x7f000001, 10911, 4294967296 + i));
const tag = Buffer.from('TagA');
measure('javaHashCodeOfBytes of a tag', () => javaHashCodeOfBytes(tag, 0, 4));
const interner = new ByteInterner(1024);
for (let i = 0; i < 500; i++) {
  const topic = Buffer.from(`topic-number-${i}`);
  interner.set(topic, 0, topic.length, i);
}
const topic = Buffer.from('xxtopic-number-77yy');
measure('ByteInterner.get of a 15-byte topic', () => interner.get(topic, 2, topic.length - 2));
if (sink === 42) console.log('');
