import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ByteInterner,
  decimalDigits,
  ProtocolError,
  parseDecimal,
  readInt64,
  unescapeInto,
  writeDecimal,
  writeInt64,
} from '../src/index.ts';

test('decimals are written and read', () => {
  const edges = [
    0,
    9,
    10,
    99,
    100,
    0x7fffffff,
    0x80000000,
    999999999999999,
    1000000000000000,
    Number.MAX_SAFE_INTEGER,
  ];
  const target = Buffer.alloc(24);
  const check = (value: number): void => {
    target.fill(0x2e);
    const end = writeDecimal(target, 1, value);
    assert.equal(target.toString('latin1', 0, end + 1), `.${value}.`);
    assert.equal(parseDecimal(target, 1, end), value);
    if (value >= 0) assert.equal(decimalDigits(value), String(value).length);
  };
  for (const edge of edges.filter(Number.isSafeInteger)) {
    check(edge);
    if (edge !== 0) check(-edge);
  }
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => check(value === 0 ? 0 : value)),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.integer(), (value) => check(value === 0 ? 0 : value)),
    { numRuns: 2000 },
  );
});

test('what is no decimal is NaN', () => {
  for (const text of ['', '+', '-', '1a', ' 1', '1 ', '١', '99999999999999999999', '9007199254740992']) {
    const bytes = Buffer.from(text);
    assert(Number.isNaN(parseDecimal(bytes, 0, bytes.length)), text);
  }
});

test('64-bit integers are read and written as safe integers', () => {
  const bytes = Buffer.alloc(10);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const wanted = value === 0 ? 0 : value;
      assert.equal(writeInt64(bytes, wanted, 1), 9);
      assert.equal(bytes.readBigInt64BE(1), BigInt(wanted));
      assert.equal(readInt64(bytes, 1, 'x'), wanted);
    }),
  );
  bytes.writeBigInt64BE(2n ** 53n, 0);
  assert.throws(() => readInt64(bytes, 0, 'queueOffset'), /queueOffset is 9007199254740992, beyond/);
});

test('escapes become bytes', () => {
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['\\u0001\\u0002', '\x01\x02'],
    ['\\"\\\\\\/\\b\\f\\n\\r\\t', '"\\/\b\f\n\r\t'],
    ['\\u00e9\\u4E2D\\ud83d\\ude00', 'é中😀'],
    ['\\ud83d', '\ufffd'],
    ['\\ude00\\ud83d', '\ufffd\ufffd'],
    ['\\ud83d\\u0041', '\ufffdA'],
    ['é中\\u0000😀', 'é中\0😀'],
  ];
  for (const [escaped, text] of cases) {
    const bytes = Buffer.from(`..${escaped}..`);
    const target = Buffer.alloc(64);
    const end = unescapeInto(target, 3, bytes, 2, bytes.length - 2);
    assert.equal(target.toString('utf8', 3, end), text, escaped);
  }
  for (const bad of ['\\', '\\q', '\\u', '\\u12', '\\u12g4', '\\u000g', '\\x41']) {
    const bytes = Buffer.from(bad);
    assert.throws(() => unescapeInto(Buffer.alloc(64), 0, bytes, 0, bytes.length), ProtocolError, bad);
  }
});

test('unescaping agrees with JSON.parse', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, everything) => {
      const literal = everything
        ? [...Array(text.length).keys()]
            .map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`)
            .join('')
        : JSON.stringify(text).slice(1, -1);
      const bytes = Buffer.from(literal);
      const target = Buffer.alloc(bytes.length);
      const end = unescapeInto(target, 0, bytes, 0, bytes.length);
      assert.deepEqual(target.subarray(0, end), Buffer.from(JSON.parse(`"${literal}"`) as string));
    }),
    { numRuns: 3000 },
  );
});

test('an interner behaves like a Map that is emptied when full', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '中'), maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, fc.nat()), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (steps, bound) => {
        const interner = new ByteInterner<number>(bound);
        const model = new Map<string, number>();
        for (const [key, value] of steps) {
          const bytes = Buffer.from(`xx${key}x`);
          const end = bytes.length - 1;
          assert.equal(interner.get(bytes, 2, end), model.get(key));
          if (!model.has(key) && model.size >= bound) model.clear();
          interner.set(bytes, 2, end, value);
          model.set(key, value);
          bytes.fill(0); // the interner has its own copy
          assert.equal(interner.size, model.size);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('colliding hashes do not mix values up', () => {
  const interner = new ByteInterner<string>(2000);
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(`topic-${i}`);
    interner.set(bytes, 0, bytes.length, `topic-${i}`);
  }
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(`topic-${i}`);
    assert.equal(interner.get(bytes, 0, bytes.length), `topic-${i}`);
  }
  assert.equal(interner.get(Buffer.from('topic-x'), 0, 7), undefined);
  // found by search: the same 32-bit hash
  const [one, other] = [Buffer.from('5CcNbm1i'), Buffer.from('8gSWhfiV')];
  interner.set(one, 0, 8, 'one');
  assert.equal(interner.get(other, 0, 8), undefined);
  interner.set(other, 0, 8, 'other');
  assert.equal(interner.get(one, 0, 8), 'one');
});
