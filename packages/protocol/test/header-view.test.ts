import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanBinaryHeader } from '../src/binary-header-scanner.ts';
import {
  decodeHeader,
  encodeBinaryHeader,
  HeaderKey,
  HeaderView,
  jsonHeaderText,
  ProtocolError,
  type RemotingCommand,
  SerializeType,
  unescapeInto,
} from '../src/index.ts';
import { scanJsonHeader } from '../src/json-header-scanner.ts';
import { capturedHeaders } from './fixtures.ts';

/** Headers per property; HEADER_CASES=1000000 for the long campaign. */
const CASES = Number(process.env.HEADER_CASES ?? 20_000);
const JSON_TYPE = SerializeType.JSON;
const BINARY = SerializeType.ROCKETMQ;

test('captured headers are scanned without the general parser, and mean the same', () => {
  for (const type of [JSON_TYPE, BINARY]) {
    for (const header of capturedHeaders(type)) {
      const view = new HeaderView();
      view.scan(header, 0, header.length, type);
      assert.equal(view.buffer, header, 'the header was scanned in place');
      assertSame(view, decodeHeader(header, 0, header.length, type));
    }
  }
});

test('numbers, letters and missing fields', () => {
  const view = scan('{"code":310,"extFields":{"a":"PG","e":"-1","g":"1795383917503","l":7,"z":"x"}}');
  assert.equal(view.string(view.findLetter(0x61)), 'PG');
  assert.equal(view.int(view.findLetter(0x65)), -1);
  assert.equal(view.long(view.find('g')), 1795383917503);
  assert.equal(view.int(view.find(new HeaderKey('l'))), 7);
  assert.equal(view.findLetter(0x62), -1);
  assert.equal(view.find('aa'), -1);
  assert.throws(() => view.int(view.find('g')), /SEND_MESSAGE_V2 \(310\): header field "g" must be a 32-bit/);
  assert.throws(() => view.long(view.find('z')), /header field "z" must be an integer .* found "x"/);
  assert.throws(() => view.missing('b'), /header field "b" is missing/);
});

test('long values at the edges', () => {
  for (const [text, value] of [
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['+5', 5],
    ['-0', 0],
    ['000000000000000000012', 12],
  ] as const) {
    assert.equal(scan(`{"extFields":{"n":"${text}"}}`).long(0), value);
  }
  for (const text of ['9007199254740992', '9223372036854775807', '', '-', '+', '1.0', ' 1', '1e3', '0x1']) {
    assert.throws(() => scan(`{"extFields":{"n":"${text}"}}`).long(0), ProtocolError, text);
  }
});

test('a view is reused: nothing of the header before shows', () => {
  const view = new HeaderView();
  const first = Buffer.from(
    '{"code":11,"flag":2,"opaque":5,"version":1,"language":"GO","remark":"r","extFields":{"x":"1","topic":"T","a":"1"}}',
  );
  const second = Buffer.from('{"code":1,"extFields":{"b":"2"}}');
  view.scan(first, 0, first.length, JSON_TYPE);
  view.scan(second, 0, second.length, JSON_TYPE);
  assert.equal(view.find('topic'), -1);
  assert.equal(view.findLetter(0x61), -1);
  assert.equal(view.find('x'), -1);
  assert.equal(view.find('b'), 0);
  assertSame(view, decodeHeader(second, 0, second.length, JSON_TYPE));
});

test('unusual headers go through the general parser and read the same', () => {
  for (const text of UNUSUAL) {
    const bytes = Buffer.from(text);
    const view = new HeaderView();
    view.scan(bytes, 0, bytes.length, JSON_TYPE);
    assert.notEqual(view.buffer, bytes, `not scanned in place: ${text}`);
    assertSame(view, decodeHeader(bytes, 0, bytes.length, JSON_TYPE));
  }
});

const UNUSUAL = [
  '{"code":1,"extFields":{"a":"1","a":"2"}}',
  '{"code":1,"code":2}',
  '{"code":1,"extFields":{"\\u0061":"1"}}',
  '{"code":1,"extFields":{"a":null,"b":"x"}}',
  '{"code":1,"extFields":{"a":1.5,"b":-0,"c":1e3}}',
  '{"code":1,"extFields":{"a":[1,2],"b":{"c":"d"}}}',
  '{"code":1,"extFields":null}',
  "{code:1,'flag':2,extFields:{a:'x'}}",
  '{"code":1,} ',
  '{"code":1}/**/',
  '{"code":1,"more":{"a":1}}',
  '{"Code":1,"ExtFields":{"a":"1"}}',
  '{"code":1,"ext_fields":{"a":"1"}}',
  '{"code":1,"remark":null}',
  '{"code":"12"}',
  '{"code":1.0}',
  '{"code":1,"extFields":{"a":"\\x41\\v\\1"}}',
  `{"code":1,"extFields":{${Array.from({ length: 100 }, (_, i) => `"key${i}":"${i}"`).join(',')}}}`,
];

test('more fields than any client sends are refused', () => {
  const fields = Array.from({ length: 5000 }, (_, i) => `"k${i}":"v"`).join(',');
  assert.throws(() => scan(`{"code":1,"extFields":{${fields}}}`), /5000 ext fields, more than 4096/);
});

test('many fields are all found', () => {
  const names = Array.from({ length: 300 }, (_, i) => `k${i}`);
  const view = scan(`{"code":1,"extFields":{${names.map((name) => `"${name}":"v${name}"`).join(',')}}}`);
  for (const name of names) assert.equal(view.string(view.find(name)), `v${name}`);
});

test('the bytes around a header are not read into it', () => {
  const header = '{"code":1,"extFields":{}';
  const buffer = Buffer.from(`${header},"flag":2}{"code":2}`);
  assert.throws(() => new HeaderView().scan(buffer, 0, header.length, JSON_TYPE), ProtocolError);
  assert.throws(() => new HeaderView().scan(buffer, 0, buffer.length + 1, JSON_TYPE), /not inside a buffer/);
});

test('scanner and general parser agree on generated headers', () => {
  let inPlace = 0;
  fc.assert(
    fc.property(anyHeader, (text) => {
      const bytes = Buffer.from(`xx${text}{"after":1}`);
      const end = bytes.length - 11;
      if (assertAgreement(bytes, 2, end, JSON_TYPE)) inPlace++;
    }),
    { numRuns: CASES },
  );
  assert(inPlace > CASES / 4, `most usual headers are scanned in place, found ${inPlace} of ${CASES}`);
});

test('scanner and general parser agree on damaged captured headers', () => {
  for (const type of [JSON_TYPE, BINARY]) {
    const headers = capturedHeaders(type);
    const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...SPECIAL_BYTES))), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.constantFrom(...headers), changes, fc.nat(), (header, edits, cut) => {
        const bytes = Buffer.from(header);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        const end = cut % 8 === 0 ? cut % (bytes.length + 1) : bytes.length;
        assertAgreement(bytes, 0, end, type);
      }),
      { numRuns: Math.ceil(CASES / 2) },
    );
  }
});

test('binary headers of any content agree', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 80 }), (entries) => {
      const header = encodeBinaryHeader({ ...emptyCommand(), ext: new Map(entries) });
      assertAgreement(header, 0, header.length, BINARY);
    }),
    { numRuns: Math.ceil(CASES / 40) },
  );
});

test('canonical headers read back equal', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText, anyText), { maxLength: 20 }), (entries) => {
      const command = { ...emptyCommand(), code: 7, ext: new Map(entries) };
      const view = scan(jsonHeaderText(command));
      assert.deepEqual(view.toExt(), command.ext);
    }),
    { numRuns: Math.ceil(CASES / 20) },
  );
});

test('a value unescaped into bytes is the text of the value', () => {
  fc.assert(
    fc.property(anyLiteral, (literal) => {
      const view = scan(`{"extFields":{"a":${literal}}}`);
      const start = view.valueStart[0] as number;
      const end = view.valueEnd[0] as number;
      const target = Buffer.alloc(end - start);
      const length = view.valueEscaped[0]
        ? unescapeInto(target, 0, view.buffer, start, end)
        : view.buffer.copy(target, 0, start, end);
      assert.equal(target.toString('utf8', 0, length), view.string(0));
    }),
    { numRuns: Math.ceil(CASES / 10) },
  );
});

/** As in a server, one view reads header after header. */
const sharedView = new HeaderView();

/** Both read the same, or both refuse; answers whether the scanner did it in place. */
function assertAgreement(bytes: Buffer, start: number, end: number, type: SerializeType): boolean {
  let expected: RemotingCommand | undefined;
  try {
    expected = decodeHeader(bytes, start, end, type);
  } catch (error) {
    assert(error instanceof ProtocolError, String(error));
  }
  const view = sharedView;
  if (expected === undefined) {
    assert.throws(() => view.scan(bytes, start, end, type), ProtocolError);
    const scanOnly = type === JSON_TYPE ? scanJsonHeader : scanBinaryHeader;
    assert.equal(scanOnly(new HeaderView(), bytes, start, end), false);
    return false;
  }
  view.scan(bytes, start, end, type);
  assertSame(view, expected);
  return view.buffer === bytes;
}

function assertSame(view: HeaderView, command: RemotingCommand): void {
  assert.equal(view.code, command.code);
  assert.equal(view.flag, command.flag);
  assert.equal(view.opaque, command.opaque);
  assert.equal(view.version, command.version);
  assert.equal(view.language, command.language);
  assert.equal(view.serializeType, command.serializeType);
  assert.equal(view.remark(), command.remark);
  assert.equal(view.extCount, command.ext.size);
  assert.deepEqual(view.toExt(), command.ext);
  for (const [key, value] of command.ext) {
    assert.equal(view.string(view.find(key)), value);
    if (key.length === 1 && key < '\x7f') assert.equal(view.findLetter(key.charCodeAt(0)), view.find(key));
  }
}

function scan(text: string): HeaderView {
  const bytes = Buffer.from(text);
  const view = new HeaderView();
  view.scan(bytes, 0, bytes.length, JSON_TYPE);
  return view;
}

function emptyCommand(): RemotingCommand {
  return {
    code: 0,
    language: 0,
    version: 0,
    opaque: 0,
    flag: 0,
    remark: undefined,
    ext: new Map(),
    body: undefined,
    serializeType: JSON_TYPE,
  };
}

const SPECIAL_BYTES = [...Buffer.from('{}[]:,"\'\\u0123456789abtfnrxeE-+. \t\n/*')];
const anyText = fc.string({ unit: 'binary', maxLength: 20 }).map((s) => Buffer.from(s).toString());

/** A JSON string literal with escapes strewn in, now and then foreign ones. */
const anyLiteral = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abcXYZ09_%|- 中é😀'), maxLength: 8 }),
      fc.constantFrom('\\u0001', '\\u0002', '\\n', '\\"', '\\\\', '\\/', '\\u4e2d', '\\ud83d\\ude00', '\\t'),
      fc.constantFrom(
        '\\ud83d',
        '\\ude00',
        '\\ud83dx',
        '\x01',
        '\n',
        '\\b\\f\\r',
        '\\u00e9',
        '\\ud83d\\u0041',
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `"${parts.join('')}"`);

const foreignLiteral = fc.constantFrom(
  "'q'",
  '"\\x41"',
  '"\\v"',
  '"\\0"',
  '"\\q"',
  '"\\u12"',
  '"open',
  '"\\',
);
const number = fc.oneof(
  fc.integer({ min: -5, max: 400 }).map(String),
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.constantFrom(
    '-0',
    '007',
    '1.5',
    '1e3',
    '9223372036854775807',
    '9223372036854775808',
    '1L',
    '+1',
    '-',
    '2147483648',
  ),
);
const plain = fc.oneof(
  { weight: 8, arbitrary: anyLiteral },
  { weight: 3, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null', 'undefined', 'NaN', 'tru', 'truex') },
  { weight: 1, arbitrary: fc.constantFrom('{}', '[]', '{"x":1}', '[1,"2"]', '{"a":{"b":[]}}', '[', '{') },
  { weight: 1, arbitrary: foreignLiteral },
);
const usual = fc.oneof(anyLiteral, fc.integer().map(String), fc.boolean().map(String));
const extName = fc.oneof(
  fc.constantFrom(...'abcdefghijklm'.split('').map((letter) => `"${letter}"`)),
  fc.constantFrom('"topic"', '"queueId"', '"queueOffset"', '"sysFlag"', '"consumerGroup"', '""'),
  fc.constantFrom('"\\u0061"', "'a'", 'a', '1', '"é"', '"中文"', '{"k":1}'),
);
const usualName = fc
  .constantFrom(...'abcdefghijklmn'.split(''), 'topic', 'queueId', 'batch', 'é')
  .map((n) => `"${n}"`);
const space = fc.oneof(
  { weight: 12, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.constantFrom(' ', '\n', '\t', '  \r\n ') },
  { weight: 1, arbitrary: fc.constantFrom('\f', '\b', '/**/', '//\n', ',') },
);

function object(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>, gap: fc.Arbitrary<string>) {
  const member = fc
    .tuple(gap, name, gap, gap, value, gap)
    .map(([a, key, b, c, item, d]) => `${a}${key}${b}:${c}${item}${d}`);
  return fc
    .tuple(fc.array(member, { maxLength: 12 }), gap)
    .map(([members, end]) => `{${members.join(',')}${end}}`);
}

const noSpace = fc.constant('');
const ext = fc.oneof(
  object(extName, plain, space),
  object(usualName, usual, noSpace),
  fc.constantFrom('null', '{}', '[]'),
);
const topMember = fc.oneof(
  fc.tuple(
    fc.constantFrom('"code"', '"flag"', '"opaque"', '"version"'),
    fc.oneof(fc.integer().map(String), plain),
  ),
  fc.tuple(
    fc.constant('"language"'),
    fc.oneof(fc.constantFrom('"JAVA"', '"GO"', '"XX"', '9', '99', '-1'), plain),
  ),
  fc.tuple(fc.constant('"remark"'), plain),
  fc.tuple(fc.constant('"extFields"'), ext),
  fc.tuple(fc.constantFrom('"serializeTypeCurrentRPC"', '"unknown"', '"c\\u006fde"', 'code'), plain),
);
const usualMember = fc.oneof(
  fc.tuple(fc.constantFrom('"code"', '"flag"', '"opaque"', '"version"'), fc.integer().map(String)),
  fc.tuple(fc.constant('"language"'), fc.constantFrom('"JAVA"', '"GO"', '"XX"', '9')),
  fc.tuple(fc.constant('"remark"'), anyLiteral),
  fc.tuple(fc.constant('"extFields"'), object(usualName, usual, noSpace)),
  fc.tuple(fc.constant('"serializeTypeCurrentRPC"'), fc.constant('"JSON"')),
);

/** A header such as clients send but for one value, name or gap. */
const oneOddity = fc
  .tuple(
    object(usualName, usual, noSpace),
    fc.oneof(
      fc.tuple(fc.constant(true), extName, plain, space),
      fc.tuple(fc.constant(true), usualName, number, space),
      fc.tuple(
        fc.constant(false),
        fc.constantFrom('"opaque"', '"remark"', '"other"', '"language"'),
        plain,
        space,
      ),
      fc.tuple(fc.constant(false), fc.constantFrom('"opaque"', '"code"'), number, space),
    ),
  )
  .map(([fields, [inExt, name, value, gap]]) => {
    const odd = `${name}${gap}:${value}`;
    const ext = inExt
      ? fields === '{}'
        ? `{${odd}}`
        : `${fields.slice(0, -1)},${odd}}`
      : `${fields},${odd}`;
    return `{"code":310,"extFields":${ext},"flag":0,"version":293}`;
  });

/** A third such as clients send, a third with one oddity, a third with anything in them. */
const anyHeader = fc.oneof(
  oneOddity,
  fc
    .uniqueArray(usualMember, { maxLength: 8, selector: ([name]) => name })
    .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  fc
    .tuple(fc.array(fc.tuple(topMember, space), { maxLength: 8 }), space, space)
    .map(([members, before, after]) => {
      const texts = members.map(([[name, value], gap]) => `${gap}${name}${gap}:${gap}${value}`);
      return `${before}{${texts.join(',')}}${after}`;
    }),
);
