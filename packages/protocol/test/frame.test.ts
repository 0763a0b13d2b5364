import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CURRENT_VERSION,
  decodeCommand,
  encodeCommand,
  FLAG_ONEWAY,
  FLAG_RESPONSE,
  LanguageCode,
  ProtocolError,
  type RemotingCommand,
  RequestCode,
  requestCodeName,
  SerializeType,
} from '../src/index.ts';
import { capturedFrames, javaVectors } from './fixtures.ts';

test('captured frames decode to what they say', () => {
  for (const { code, side, answer, oneway, frame } of capturedFrames) {
    const command = decodeCommand(frame);
    assert.equal(command.code, side === 'response' ? answer : code);
    assert.equal(command.flag, side === 'response' ? FLAG_RESPONSE : oneway ? FLAG_ONEWAY : 0);
    assert.equal(command.language, LanguageCode.JAVA);
    assert.equal(command.version, CURRENT_VERSION);
  }
});

test('a captured send request, field by field', () => {
  const captured = capturedFrames.find((f) => f.code === 310 && f.side === 'request' && !f.serialize);
  assert(captured);
  const command = decodeCommand(captured.frame);
  assert.deepEqual(
    [...command.ext],
    [
      ['a', 'PG2'],
      ['b', 'InvA'],
      ['c', 'TBW102'],
      ['d', '4'],
      ['e', '1'],
      ['f', '0'],
      ['g', '1795383917503'],
      ['h', '0'],
      [
        'i',
        'a\x011\x02KEYS\x01k1 RETRY\x02UNIQ_KEY\x01C000020231CD1DBD16A670D093BC0000\x02WAIT\x01true\x02TAGS\x01TagA\x02',
      ],
      ['j', '0'],
      ['k', 'false'],
      ['m', 'false'],
    ],
  );
  assert.equal(command.opaque, 10);
  assert.equal(command.remark, undefined);
  assert.equal(command.body?.toString(), 'hello');
});

test('captured frames encode again to the same bytes, but for empty extFields, which we leave out', () => {
  let withEmptyExt = 0;
  for (const { frame, code } of capturedFrames) {
    const again = encodeCommand(decodeCommand(frame));
    if (again.equals(frame)) continue;
    const text = frame.toString('latin1', 8);
    assert(text.includes('"extFields":{},'), `code ${code} differs`);
    assert.equal(again.toString('latin1', 8), text.replace('"extFields":{},', ''));
    withEmptyExt++;
  }
  assert(withEmptyExt > 0);
});

test('a binary header of Java decodes and encodes again', () => {
  const header = javaVectors('binaryHeader')[0]?.bytes('hex') ?? Buffer.alloc(0);
  const frame = Buffer.alloc(8 + header.length);
  frame.writeInt32BE(4 + header.length);
  frame.writeInt32BE((SerializeType.ROCKETMQ << 24) | header.length, 4);
  header.copy(frame, 8);
  const command = decodeCommand(frame);
  assert.deepEqual(command, {
    code: 310,
    language: LanguageCode.CPP,
    version: 293,
    opaque: 77,
    flag: 0,
    remark: '备注',
    ext: new Map([
      ['键', '值'],
      ['empty', ''],
    ]),
    body: undefined,
    serializeType: SerializeType.ROCKETMQ,
  });
  assert.deepEqual(encodeCommand(command), frame);
});

test('headers mean what the Java decoder reads, where it reads them', () => {
  // Where we are stricter on purpose: see docs/protocol.md.
  const stricter = new Set([
    '{"code":4294967296}',
    '{"code":1,"extFields":{"a":-0,"b":0123,"c":1e3,"d":12345678901234567890}}',
  ]);
  const different = new Map([
    ['{"code":null,"language":"XX"}', 'code=0 flag=0 language=OTHER version=0 opaque=- remark=null ext=null'],
    [
      '{"code":1,"language":"GO","extFields":{"a":1,"b":true,"c":null,"d":"\\u0001","e":1.50,"f":{"x":1},"g":[1]}}',
      'code=1 flag=0 language=GO version=0 opaque=- remark=null ext={a=1, b=true, d=\x01, e=1.5, f={"x":1}, g=[1]}',
    ],
  ]);
  for (const vector of javaVectors('header')) {
    const text = vector.text('text');
    if (vector.has('error') || stricter.has(text)) {
      assert.throws(() => decodeCommand(jsonFrame(text)), ProtocolError, text);
      continue;
    }
    const command = decodeCommand(jsonFrame(text));
    const ext = [...command.ext].sort().map(([key, value]) => `${key}=${value}`);
    const opaque = text.includes('opaque') ? command.opaque : '-';
    const language = Object.keys(LanguageCode)[command.language];
    const found = `code=${command.code} flag=${command.flag} language=${language} version=${command.version} opaque=${opaque} remark=${command.remark ?? 'null'} ext=${ext.length > 0 ? `{${ext.join(', ')}}` : 'null'}`;
    assert.equal(found, different.get(text) ?? vector.text('value'), text);
  }
});

test('any command survives both header types', () => {
  fc.assert(
    fc.property(command, (value) => {
      const again = decodeCommand(encodeCommand(value));
      const body = value.body?.length ? value.body : undefined;
      const remark = value.remark === '' && value.serializeType === 1 ? undefined : value.remark;
      assert.deepEqual(again, { ...value, body, remark });
    }),
    { numRuns: 2000 },
  );
});

test('any bytes give a command or a ProtocolError', () => {
  const frames = capturedFrames.map((captured) => captured.frame);
  const mutated = fc
    .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([frame, changes, cut]) => {
      const bytes = Buffer.from(frame.subarray(0, cut % 4 === 0 ? cut % (frame.length + 1) : frame.length));
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, random, random.map(binaryFrame)), (bytes) => {
      try {
        decodeCommand(bytes);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test('what does not fit a header is refused with its name', () => {
  const base = decodeCommand(jsonFrame('{"code":1}'));
  assert.throws(
    () => encodeCommand({ ...base, code: 200050, serializeType: SerializeType.ROCKETMQ }),
    /code 200050 .* does not fit the 16 bits of a ROCKETMQ header: use JSON/,
  );
  assert.throws(
    () => encodeCommand({ ...base, remark: 'x'.repeat(0x1000000) }),
    (error) => error instanceof ProtocolError && error.code === 'HEADER_NOT_ENCODABLE',
  );
  assert.throws(() => decodeCommand(Buffer.alloc(7)), /at least 8 bytes/);
  const unknownType = jsonFrame('{}');
  unknownType[4] = 9;
  assert.throws(() => decodeCommand(unknownType), /unknown serialize type 9/);
});

test('request codes have names', () => {
  assert.equal(RequestCode.SEND_MESSAGE_V2, 310);
  assert.equal(requestCodeName(105), 'GET_ROUTEINTO_BY_TOPIC');
  assert.equal(requestCodeName(44), 'UNKNOWN');
  assert.equal(Object.keys(RequestCode).length, 84);
});

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((s) => Buffer.from(s).toString());
const command: fc.Arbitrary<RemotingCommand> = fc.record({
  code: int16,
  language: fc.integer({ min: 0, max: 13 }),
  version: int16,
  opaque: int32,
  flag: int32,
  remark: fc.option(text, { nil: undefined }),
  ext: fc.array(fc.tuple(text, text), { maxLength: 8 }).map((entries) => new Map(entries)),
  body: fc.option(
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    { nil: undefined },
  ),
  serializeType: fc.constantFrom(SerializeType.JSON, SerializeType.ROCKETMQ),
});

function jsonFrame(header: string): Buffer {
  const bytes = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeInt32BE(4 + bytes.length);
  prefix.writeInt32BE(bytes.length, 4);
  return Buffer.concat([prefix, bytes]);
}

function binaryFrame(header: Buffer): Buffer {
  const frame = jsonFrame(header.toString('latin1'));
  frame[4] = 1;
  return frame;
}

test('headers as clients in other languages write them', () => {
  for (const text of [
    '{"Code":105,"Opaque":11,"ExtFields":{"topic":"T"}}',
    '{"code":105,"opaque":11,"ext_fields":{"topic":"T"}}',
    '{"code":105,"opaque":11,"flag":"","version":"","extFields":{"topic":"T"}}',
    '{"code":105.0,"opaque":11,"flag":false,"version":0.7,"extFields":{"topic":"T"}}',
    '{"code":105,"opaque":11,"extFields":{"topic":"T"}}\0\0',
  ]) {
    const { code, opaque, flag, version, ext } = decodeCommand(jsonFrame(text));
    assert.deepEqual({ code, opaque, flag, version }, { code: 105, opaque: 11, flag: 0, version: 0 }, text);
    assert.deepEqual([...ext], [['topic', 'T']], text);
  }
  const exact = decodeCommand(jsonFrame('{"Code":1,"code":105,"CODE":2}'));
  assert.equal(exact.code, 105, 'the exact name comes first');
});
