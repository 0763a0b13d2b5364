import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import {
  crc32,
  decodeRecord,
  decodeRecords,
  encodeRecord,
  MAGIC,
  MAGIC_V2,
  MessageSysFlag,
  ProtocolError,
  RECORD_FIXED_BYTES,
  type RecordFields,
  RecordOffset,
  RequestCode,
} from '../../src/index.ts';
import { capturedBodies, javaVectors } from '../fixtures.ts';

const recordBodies = [RequestCode.PULL_MESSAGE, RequestCode.QUERY_MESSAGE].flatMap((code) =>
  capturedBodies(code, 'response'),
);

test('a captured message, field by field', () => {
  const [body] = recordBodies;
  assert(body);
  const [message] = decodeRecords(body);
  assert.deepEqual(message, {
    topic: 'InvA',
    flag: 0,
    properties: new Map([
      ['a', '1'],
      ['KEYS', 'k1 RETRY'],
      ['UNIQ_KEY', 'C000020231CD1DBD16A670D093BC0000'],
      ['WAIT', 'true'],
      ['TAGS', 'TagA'],
    ]),
    body: Buffer.from('hello'),
    queueId: 1,
    storeSize: 180,
    queueOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1795383917503,
    bornHost: '127.0.0.1:47544',
    storeTimestamp: 1795383917537,
    storeHost: '127.0.0.1:11911',
    msgId: 'C000020231CD1DBD16A670D093BC0000',
    offsetMsgId: '7F00000100002E870000000000000000',
    commitLogOffset: 0,
    bodyCRC: 907060870,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
  });
});

test('captured messages encode again to the same bytes', () => {
  for (const body of recordBodies) {
    const messages = decodeRecords(body, { inflate: false });
    assert(messages.length > 0);
    assert.deepEqual(Buffer.concat(messages.map(encodeRecord)), body);
    for (const message of messages) assert.equal(crc32(message.body), message.bodyCRC);
  }
});

test('a message encoded by Java', () => {
  const vector = javaVectors('record')[0];
  assert(vector);
  const bytes = vector.bytes('hex');
  const message = decodeRecord(bytes);
  assert.equal(message.topic, '主题');
  assert.equal(message.body.toString(), 'hello 世界');
  assert.equal(message.bodyCRC, crc32(message.body));
  assert.equal(message.flag, -7);
  assert.equal(message.queueOffset, Number.MAX_SAFE_INTEGER);
  assert.equal(message.commitLogOffset, 4294967301);
  assert.equal(message.bornHost, '10.1.2.3:54321');
  assert.equal(message.storeHost, '192.168.1.200:10911');
  assert.equal(message.preparedTransactionOffset, -1);
  assert.equal(message.offsetMsgId, vector.text('offsetMsgId'));
  assert.equal(message.msgId, message.offsetMsgId);
  assert.deepEqual(encodeRecord(message), bytes);
});

test('a compressed body of Java is inflated, or kept on request', () => {
  const bytes = javaVectors('recordCompressed')[0]?.bytes('hex') ?? Buffer.alloc(0);
  assert.deepEqual(decodeRecord(bytes).body, Buffer.alloc(5000));
  assert.deepEqual(
    decodeRecord(bytes, 0, { inflate: false }).body,
    deflateSync(Buffer.alloc(5000), { level: 5 }),
  );
  const broken = Buffer.from(bytes);
  broken.writeInt32BE(0x100 | 1, RecordOffset.sysFlag);
  assert.throws(() => decodeRecord(broken), /compressed by method 0x100; only zlib is supported/);
});

test('records of 5.x: long topic, IPv6 hosts', () => {
  const topic = Buffer.from('t'.repeat(200));
  const bytes = Buffer.alloc(RECORD_FIXED_BYTES + 24 + 1 + 3 + topic.length);
  bytes.writeInt32BE(bytes.length, RecordOffset.totalSize);
  bytes.writeInt32BE(MAGIC_V2, RecordOffset.magic);
  bytes.writeInt32BE(MessageSysFlag.BORNHOST_V6 | MessageSysFlag.STOREHOST_V6, RecordOffset.sysFlag);
  bytes[48 + 15] = 1;
  bytes.writeInt32BE(80, 48 + 16);
  bytes[76 + 15] = 2;
  bytes.writeInt32BE(90, 76 + 16);
  bytes.writeInt32BE(3, 108);
  bytes.write('abc', 112);
  bytes.writeInt16BE(topic.length, 115);
  topic.copy(bytes, 117);
  const message = decodeRecord(bytes);
  assert.equal(message.topic, topic.toString());
  assert.equal(message.body.toString(), 'abc');
  assert.equal(message.bornHost, '[0:0:0:0:0:0:0:1]:80');
  assert.equal(message.storeHost, '[0:0:0:0:0:0:0:2]:90');
  assert.equal(message.offsetMsgId.length, 56);
});

test('any message survives', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, (first, second) => {
      const bytes = Buffer.concat([encodeRecord(first), encodeRecord(second)]);
      const [a, b] = decodeRecords(bytes);
      assert(a && b);
      for (const [read, written] of [
        [a, first],
        [b, second],
      ] as const) {
        const { storeSize, msgId, offsetMsgId, bodyCRC, ...fields } = read;
        assert.deepEqual(fields, written);
        assert.equal(bodyCRC, crc32(written.body));
        assert.equal(storeSize, encodeRecord(written).length);
        assert.equal(msgId, offsetMsgId);
      }
    }),
    { numRuns: 1000 },
  );
});

test('any bytes give messages or a ProtocolError', () => {
  const damaged = fc
    .tuple(
      fc.constantFrom(...recordBodies),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.nat(),
    )
    .map(([body, edits, cut]) => {
      const bytes = Buffer.from(cut % 3 === 0 ? body.subarray(0, cut % body.length) : body);
      for (const [at, value] of edits) if (bytes.length > 0) bytes[at % Math.min(bytes.length, 200)] = value;
      return bytes;
    });
  const random = fc.uint8Array({ minLength: 91, maxLength: 200 }).map((noise) => {
    const bytes = Buffer.from(noise);
    bytes.writeInt32BE(bytes.length, RecordOffset.totalSize);
    bytes.writeInt32BE(MAGIC, RecordOffset.magic);
    bytes.writeInt32BE(bytes.length % 60, RecordOffset.bodyLength);
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, random), (bytes) => {
      try {
        decodeRecords(bytes);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 10_000 },
  );
});

test('what does not fit a record is refused', () => {
  assert.throws(() => encodeRecord({ ...SAMPLE, topic: 't'.repeat(128) }), /at most 127 bytes .* found 128/);
  assert.throws(
    () => encodeRecord({ ...SAMPLE, properties: new Map([['k', 'v'.repeat(32767)]]) }),
    /properties 32767, found 3 and 32770/,
  );
  assert.throws(() => encodeRecord({ ...SAMPLE, bornHost: '::1:80' }), /"::1" is not an IPv4 address/);
  assert.throws(() => decodeRecord(Buffer.alloc(90)), /expected 91 bytes at least, found 90/);
  assert.throws(() => decodeRecord(Buffer.alloc(91)), /expected a size of 91 to 91, found 0/);
});

const SAMPLE: RecordFields = {
  topic: 'abc',
  flag: 0,
  properties: new Map(),
  body: Buffer.alloc(0),
  queueId: 0,
  queueOffset: 0,
  sysFlag: 0,
  bornTimestamp: 0,
  bornHost: '1.2.3.4:5',
  storeTimestamp: 0,
  storeHost: '1.2.3.4:5',
  commitLogOffset: 0,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
};

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const host = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 65535 }))
  .map(([ip, port]) => `${ip.split('.').map(Number).join('.')}:${port}`);
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ 09中é😀'), minLength: 1, maxLength: 12 });
const anyRecord: fc.Arbitrary<RecordFields> = fc.record(
  {
    topic: fc.string({ unit: fc.constantFrom(...'abc%|_-中'), maxLength: 40 }),
    flag: int32,
    properties: fc.array(fc.tuple(word, word), { maxLength: 6 }).map((entries) => new Map(entries)),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    queueId: int32,
    queueOffset: fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
    sysFlag: fc.constantFrom(0, 2, 4, 8, 12),
    bornTimestamp: fc.maxSafeNat(),
    bornHost: host,
    storeTimestamp: fc.maxSafeNat(),
    storeHost: host,
    commitLogOffset: fc.maxSafeNat(),
    reconsumeTimes: int32,
    preparedTransactionOffset: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
);
