import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FastjsonValue,
  ProtocolError,
  parseFastjson,
  plain,
  quoteFastjson,
  stringifyFastjson,
} from '../../src/index.ts';
import { capturedFrames, javaVectors } from '../fixtures.ts';

test('reads what fastjson reads, apart from what no peer sends', () => {
  // stray commas, missing commas, signs and empty documents: accepted by fastjson, refused here
  const stricter = new Set(['[,]', '{,}', '[1 2]', '[1,,2]', '{"a":+5}', '', '  ']);
  for (const vector of javaVectors('parse')) {
    const text = vector.text('text');
    if (vector.has('error') || stricter.has(text)) {
      assert.throws(() => parseFastjson(text), ProtocolError, text);
    } else if (text === '{"a":1e3}') {
      assert.deepEqual(plainOf(text), { a: 1000 });
    } else {
      const value = sorted(parseFastjson(text));
      assert.equal(stringifyFastjson(value), vector.text('value'), text);
    }
  }
});

test('keys may be numbers and objects', () => {
  const value = parseFastjson('{0:"a","1":"b",{"topic":"T",2:3}:{-4:[]}}');
  assert(value instanceof Map);
  assert.deepEqual(
    [...value.keys()],
    [
      0,
      '1',
      new Map<string | number, unknown>([
        ['topic', 'T'],
        [2, 3],
      ]),
    ],
  );
  assert.equal(stringifyFastjson(value), '{0:"a","1":"b",{"topic":"T",2:3}:{-4:[]}}');
});

test('integers of 64 bits are kept', () => {
  assert.deepEqual(
    parseFastjson('[9223372036854775807,-9223372036854775808,9007199254740991,9007199254740992]'),
    [9223372036854775807n, -9223372036854775808n, 9007199254740991, 9007199254740992n],
  );
  assert.throws(() => parseFastjson('9223372036854775808'), /at most 64 bits/);
  assert.throws(() => parseFastjson('1e999'), /at most 64 bits/);
});

test('references are resolved', () => {
  const text = '{"a":{"x":[1,{"y":2}]},"b":{"$ref":"$.a"},"c":{"$ref":"$.a.x[1]"},"d":{"e":{"$ref":".."}}}';
  const value = parseFastjson(text);
  assert(value instanceof Map);
  assert.equal(value.get('b'), value.get('a'));
  assert.deepEqual(value.get('c'), new Map([['y', 2]]));
  const d = value.get('d');
  assert(d instanceof Map);
  assert.equal(d.get('e'), value);
  assert.throws(() => parseFastjson('{"a":{"$ref":"$.nowhere"}}'), /"\$ref":"\$\.nowhere" leads to nothing/);
  assert.throws(() => stringifyFastjson(value), /contains itself/);
  assert.throws(() => plain(value), /contains itself/);
});

test('depth, size and number of values are bounded', () => {
  assert.throws(() => parseFastjson('['.repeat(200)), /nests deeper than 128 levels/);
  assert.throws(() => parseFastjson('{{'.repeat(200)), /nests deeper than 128 levels/);
  assert.throws(() => parseFastjson('[1,2,3]', { maxValues: 3 }), /more than 3 values/);
  assert.throws(() => parseFastjson('"long"', { maxChars: 5 }), /6 characters is longer than the limit of 5/);
});

test('errors say where and what', () => {
  assert.throws(() => parseFastjson('{"a":tru}'), /expected a value at character \d+ of 9, found "/);
  assert.throws(() => parseFastjson('{"a":"x'), /expected the end of this string/);
  assert.throws(
    () => parseFastjson('{"a":"\\q"}'),
    /expected an escape sequence at character 6, found "\\\\q/,
  );
});

test('a text without closing quotes is refused quickly', () => {
  const text = `[${'"\\n",'.repeat(100_000)}"open`;
  assert.throws(() => parseFastjson(text), ProtocolError);
});

test('plain objects have no prototype to poison', () => {
  const value = plain(parseFastjson('{"__proto__":{"polluted":true},1:2,{"k":1}:3}'));
  assert(value !== null && typeof value === 'object' && !Array.isArray(value));
  assert.deepEqual(Object.keys(value).sort(), ['1', '__proto__', '{"k":1}']);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('every captured JSON body parses', () => {
  let count = 0;
  for (const { frame } of capturedFrames) {
    const body = frame.toString('utf8', 8 + (frame.readInt32BE(4) & 0xffffff));
    if (!body.startsWith('{')) continue;
    assert(parseFastjson(body) instanceof Map);
    count++;
  }
  assert(count > 60);
});

test('whatever is written reads back', () => {
  fc.assert(
    fc.property(value, fc.boolean(), (written, pretty) => {
      assert.deepEqual(parseFastjson(stringifyFastjson(written, { pretty })), written);
    }),
    { numRuns: 3000 },
  );
});

test('whatever JSON.stringify writes reads the same, but for integers that are not safe', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (written) => {
      const text = JSON.stringify(written);
      fc.pre(!/(^|[^0-9.])[0-9]{16,}($|[^0-9.e])/.test(text)); // integers beyond the safe ones become bigints
      assert.deepEqual(plain(parseFastjson(text)), withoutPrototype(JSON.parse(text)));
    }),
    { numRuns: 3000 },
  );
});

test('any text gives a value or a ProtocolError', () => {
  const piece = fc.constantFrom(
    ...'{}[]:,"\'\\/* \n01-9.eEL$_abtrufn',
    'true',
    'null',
    '"a"',
    '{"k":1}',
    '"$ref"',
    '"$.a"',
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        parseFastjson(input);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 20_000 },
  );
});

test('any string survives quoting', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(parseFastjson(quoteFastjson(text)), text);
      assert.equal(JSON.parse(quoteFastjson(text)), text);
    }),
    { numRuns: 2000 },
  );
});

const { value } = fc.letrec<{ value: FastjsonValue; key: string | number | Map<string, FastjsonValue> }>(
  (tie) => ({
    key: fc.oneof(
      fc.string({ maxLength: 5 }).filter((key) => key !== '$ref'),
      fc.integer({ min: -5, max: 5 }),
      fc.integer().map((n) => new Map<string, FastjsonValue>([['k', n]])),
    ),
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.integer(),
      fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Number.isInteger(n) ? 0.5 : n)),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.boolean(),
      fc.array(fc.oneof(fc.constant(null), tie('value')), { maxLength: 4 }),
      fc.array(fc.tuple(tie('key'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    ),
  }),
);

function plainOf(text: string): unknown {
  return { ...(plain(parseFastjson(text)) as object) };
}

function withoutPrototype(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototype);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value)) copy[key] = withoutPrototype((value as Record<string, unknown>)[key]);
  return copy;
}

/** Numeric keys in order, as Java's MapSortField writes them. */
function sorted(value: FastjsonValue): FastjsonValue {
  if (!(value instanceof Map) || ![...value.keys()].every((key) => typeof key === 'number')) return value;
  return new Map([...value].sort(([a], [b]) => Number(a) - Number(b)));
}
