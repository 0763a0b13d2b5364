/**
 * Frames that no client should send, each with what must come of it: an error answer, the connection closed, or (where
 * the protocol has no answer: one-way requests, answers to nothing) nothing at all on a connection that lives on.
 */
import { encodeFrame } from '../interop/harness/raw-client.ts';

export type Outcome = 'answer' | 'close' | 'answer or close' | 'nothing';

export interface BadFrame {
  readonly name: string;
  readonly bytes: Buffer;
  readonly outcome: Outcome;
  /** The code that the answer must have; any but 0 otherwise. */
  readonly code?: number;
}

const HEADER = { code: 105, extFields: {}, flag: 0, language: 'JAVA', opaque: 77, version: 293 };

/** Whatever the server is: framing and headers. */
export function brokenFrames(): BadFrame[] {
  const bad = (name: string, outcome: Outcome, bytes: Buffer): BadFrame => ({ name, bytes, outcome });
  return [
    bad('length 0', 'close', ints(0)),
    bad('length 3, below the header length field', 'close', Buffer.concat([ints(3), Buffer.alloc(3)])),
    bad('length -1', 'close', ints(-1, 0)),
    bad('length -2147483648', 'close', ints(-2147483648, 0)),
    bad('length 16 MiB + 1', 'close', ints(16 * 1024 * 1024 + 1, 0)),
    bad('length 2147483647', 'close', ints(0x7fffffff, 10)),
    bad('header longer than the frame', 'answer or close', ints(8, 200, 0)),
    bad('header as long as it can be', 'answer or close', ints(8, 0xffffff, 0)),
    bad('no header', 'answer or close', ints(4, 0)),
    bad('unknown serialize type 2', 'answer or close', typed(2, JSON.stringify(HEADER))),
    bad('unknown serialize type 255', 'answer or close', typed(255, JSON.stringify(HEADER))),
    bad('an HTTP request', 'close', Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')),
    bad('TLS to a plain port', 'close', Buffer.from('16030100a5010000a10303000102030405', 'hex')),
    ...brokenJson().map(([name, text]) => bad(name, 'answer or close', typed(0, text))),
    ...brokenBinary().map(([name, bytes]) => bad(name, 'answer or close', typed(1, bytes))),
    { name: 'unknown code 9999', bytes: frame({ code: 9999 }), outcome: 'answer', code: 3 },
    { name: 'unknown code -1', bytes: frame({ code: -1 }), outcome: 'answer', code: 3 },
    { name: 'unknown code 2147483647', bytes: frame({ code: 0x7fffffff }), outcome: 'answer', code: 3 },
    { name: 'unknown code, one-way', bytes: frame({ code: 9999, flag: 2 }), outcome: 'nothing' },
    { name: 'an answer to nothing', bytes: frame({ code: 0, flag: 1 }), outcome: 'nothing' },
    { name: 'an answer to nothing, one-way', bytes: frame({ code: 0, flag: 3 }), outcome: 'nothing' },
  ];
}

function brokenJson(): [string, string | Buffer][] {
  const whole = JSON.stringify(HEADER);
  const cuts = [1, 2, 10, 20, whole.length >> 1, whole.length - 2, whole.length - 1];
  const withField = (field: string) =>
    `{"code":105,"flag":0,"language":"JAVA","opaque":77,"version":293,${field}}`;
  return [
    ...cuts.map((length): [string, string] => [`JSON cut after ${length} bytes`, whole.slice(0, length)]),
    ['JSON with more behind it', `${whole}}`],
    ['JSON null', 'null'],
    ['JSON array', '[1,2,3]'],
    ['JSON number', '105'],
    ['JSON string', '"105"'],
    ['empty object', '{}'],
    ['code as a word', '{"code":"abc","flag":0,"opaque":77}'],
    ['code as an object', '{"code":{},"flag":0,"opaque":77}'],
    ['code beyond int32', '{"code":4294967296,"flag":0,"opaque":77}'],
    ['code as a fraction', '{"code":1.5,"flag":0,"opaque":77}'],
    ['opaque as a word', '{"code":105,"flag":0,"opaque":"x"}'],
    ['opaque beyond int64', '{"code":105,"flag":0,"opaque":99999999999999999999999999}'],
    ['flag as an array', '{"code":105,"flag":[],"opaque":77}'],
    ['extFields as a string', withField('"extFields":"topic"')],
    ['extFields as an array', withField('"extFields":["topic","x"]')],
    ['extFields with an object in it', withField('"extFields":{"topic":{"a":1}}')],
    ['extFields with __proto__', withField('"extFields":{"__proto__":"x"}')],
    ['a string without an end', '{"code":105,"remark":"abc'],
    ['a broken escape', withField('"remark":"\\u12"')],
    ['an unknown escape', withField('"remark":"\\q"')],
    ['10,000 open brackets', `{"code":105,"opaque":77,"x":${'['.repeat(10_000)}`],
    ['10,000 nested objects', `{"code":105,"opaque":77,"x":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_001)}`],
    ['NUL bytes', Buffer.alloc(100)],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from('{"code":105,"remark":"'), Buffer.alloc(50, 0xff), Buffer.from('"}')]),
    ],
    ['a key of 1 MiB', withField(`"extFields":{"${'k'.repeat(1024 * 1024)}":"v"}`)],
    ['100,000 fields', withField(`"extFields":{${fields(100_000)}}`)],
  ];
}

/** code int16 | language int8 | version int16 | opaque int32 | flag int32 | remark int32 + n | ext int32 + n */
function brokenBinary(): [string, Buffer][] {
  const start = Buffer.from('0069000125000000770000000000000000', 'hex').subarray(0, 13);
  const remark = (length: number, ...rest: Buffer[]) => Buffer.concat([start, ints(length), ...rest]);
  const ext = (length: number, text: string) => remark(0, ints(length), Buffer.from(text, 'hex'));
  return [
    ['binary header of 1 byte', start.subarray(0, 1)],
    ['binary header cut in its numbers', start.subarray(0, 9)],
    ['binary header without a remark length', start],
    ['binary remark of -1', remark(-1, ints(0))],
    ['binary remark of 2147483647', remark(0x7fffffff, ints(0))],
    ['binary remark behind the header', remark(50, ints(0))],
    ['binary fields of -1', ext(-1, '')],
    ['binary fields behind the header', ext(100, '0005746f706963')],
    ['binary field with a key of -1', ext(6, 'ffff00000000')],
    ['binary field with a key behind the fields', ext(4, '7fff6162')],
    ['binary field with a value of -1', ext(11, '0005746f706963ffffffff')],
    ['binary field with a value behind the fields', ext(12, '0005746f7069630000ffff61')],
    ['binary fields cut in a length', ext(3, '000161')],
  ];
}

/** What a broker is asked with the fields missing, of the wrong type or out of range. */
export function badBrokerRequests(): BadFrame[] {
  const codes = [
    10, 11, 12, 14, 15, 25, 29, 30, 31, 32, 33, 34, 36, 38, 41, 42, 46, 310, 320, 17, 215, 200, 207,
  ];
  const missing = codes.map((code) => request(`code ${code} without fields or body`, code, {}));
  const junk = codes.map((code) =>
    request(`code ${code} with junk`, code, { ...JUNK }, Buffer.from('}{ not what you expect \x00\xff')),
  );
  const topics = [
    '',
    ' ',
    '../../../escape',
    'a/b',
    'a\\b',
    '.',
    '..',
    'x'.repeat(128),
    'x'.repeat(40_000),
    'tópico',
    '\u0000',
  ];
  return [
    // 25, 29, 41 and 42 may answer that nothing is to be done
    ...missing.map((bad) => ({ ...bad, outcome: 'answer or close' as const, code: anyCode })),
    ...junk.map((bad) => ({ ...bad, outcome: 'answer or close' as const, code: anyCode })),
    ...topics.map((topic) =>
      request(`send to topic ${show(topic)}`, 310, send({ b: topic }), Buffer.from('x')),
    ),
    ...topics.map((topic) => request(`pull from topic ${show(topic)}`, 11, pull({ topic }))),
    ...['abc', '', '1.5', '99999', '2147483648', '9223372036854775808'].map((e) =>
      request(`send to queue ${show(e)}`, 310, send({ e }), Buffer.from('x')),
    ),
    ...['abc', '-5', '9223372036854775808', '1e3'].map((queueOffset) =>
      request(`pull at offset ${queueOffset}`, 11, pull({ queueOffset })),
    ),
    request('pull from queue -1', 11, pull({ queueId: '-1' })),
    request('pull with a broken expression', 11, pull({ expressionType: 'SQL92', subscription: 'a = = 1' })),
    request('send with a body over the limit', 310, send({}), Buffer.alloc(5 * 1024 * 1024)),
    request(
      'send with properties over the limit',
      310,
      send({ i: `a\u0001${'p'.repeat(40_000)}\u0002` }),
      Buffer.from('x'),
    ),
    request('send with a word for a time', 310, send({ g: 'yesterday' }), Buffer.from('x')),
    request('batch of random bytes', 320, send({ m: 'true' }), Buffer.from('000000ff0000', 'hex')),
    request('batch with a negative size', 320, send({ m: 'true' }), ints(-1, 0, 0, 0, 0)),
    request(
      'batch with a body behind its end',
      320,
      send({ m: 'true' }),
      Buffer.concat([ints(26, 0, 0, 0, 1000), Buffer.alloc(6)]),
    ),
    request('heartbeat that is no JSON', 34, {}, Buffer.from('{"clientID":')),
    request('lock that is an array', 41, {}, Buffer.from('[]')),
  ];
}

/** Any code is right as long as there is an answer. */
export const anyCode = -1000;
const JUNK = {
  topic: '\u0001',
  queueId: 'NaN',
  offset: '{}',
  consumerGroup: '%',
  a: 'x',
  b: '/',
  c: '',
  d: '-',
  e: 'q',
};

/** Random bytes behind a well-formed length, so that they reach the header's readers. */
export function randomFrame(random: () => number): BadFrame {
  const length = 4 + Math.floor(random() * 200);
  const bytes = Buffer.from(Array.from({ length: 4 + length }, () => Math.floor(random() * 256)));
  bytes.writeInt32BE(length, 0);
  const headerLength = random() < 0.7 ? Math.floor(random() * length) : Math.floor(random() * 0xffffff);
  bytes.writeInt32BE((random() < 0.5 ? 0x01000000 : 0) | headerLength, 4);
  return { name: `random ${bytes.toString('hex')}`, bytes, outcome: 'answer or close' };
}

export function send(over: Record<string, string>): Record<string, string> {
  const properties = 'TAGS\u0001TagA\u0002';
  const usual = { a: 'BadFrames', b: 'BadFrames', c: 'TBW102', d: '4', e: '0', f: '0', g: '1700000000000' };
  return { ...usual, h: '0', i: properties, j: '0', k: 'false', l: '16', m: 'false', ...over };
}

function pull(over: Record<string, string>): Record<string, string> {
  const what = {
    consumerGroup: 'BadFrames',
    topic: 'BadFrames',
    queueId: '0',
    queueOffset: '0',
    maxMsgNums: '32',
  };
  const how = {
    sysFlag: '4',
    commitOffset: '0',
    suspendTimeoutMillis: '0',
    subscription: '*',
    subVersion: '0',
  };
  return { ...what, ...how, expressionType: 'TAG', ...over };
}

function request(name: string, code: number, extFields: Record<string, string>, body?: Buffer): BadFrame {
  return { name, bytes: encodeFrame({ ...HEADER, code, extFields }, body), outcome: 'answer' };
}

function frame(over: Record<string, unknown>): Buffer {
  return encodeFrame({ ...HEADER, ...over });
}

/** A frame with this header and no body. */
function typed(serializeType: number, header: string | Buffer): Buffer {
  const bytes = Buffer.from(header);
  return Buffer.concat([ints(4 + bytes.length, (serializeType << 24) | bytes.length), bytes]);
}

function ints(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeInt32BE(value | 0, 4 * index);
  return buffer;
}

function fields(count: number): string {
  return Array.from({ length: count }, (_, i) => `"f${i}":"v"`).join(',');
}

function show(text: string): string {
  return text.length > 30 ? `of ${text.length} characters` : JSON.stringify(text);
}
