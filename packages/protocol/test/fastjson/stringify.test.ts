import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FastjsonDouble,
  type FastjsonValue,
  type FastjsonWritable,
  javaDoubleText,
  parseFastjson,
  quoteFastjson,
  stringifyFastjson,
} from '../../src/index.ts';
import { javaVectors } from '../fixtures.ts';

test('strings are escaped as fastjson does', () => {
  for (const vector of javaVectors('quote'))
    assert.equal(quoteFastjson(vector.text('text')), vector.text('value'));
});

test('doubles are written as Java does', () => {
  let longer = 0;
  for (const vector of javaVectors('double')) {
    const expected = vector.text('value').slice(1, -1);
    const value = Number(vector.text('text'));
    const found = javaDoubleText(value);
    if (found === expected) continue;
    // Before JDK 19, Double.toString did not always give the shortest digits: the value must be the same.
    assert.equal(Number(found), Number(expected));
    assert(found.length <= expected.length, `${found} against ${expected}`);
    longer++;
  }
  assert(longer < 10, `${longer} differ in their digits`);
});

test('beans are sorted, maps keep their order, nulls are left out of both', () => {
  const value: FastjsonWritable = {
    zebra: 1,
    apple: undefined,
    map: new Map<string, FastjsonWritable>([
      ['z', 1],
      ['n', null],
      ['a', 2],
    ]),
    list: [null, 1],
    double: new FastjsonDouble(3),
    long: 9223372036854775807n,
  };
  assert.equal(
    stringifyFastjson(value),
    '{"double":3.0,"list":[null,1],"long":9223372036854775807,"map":{"z":1,"a":2},"zebra":1}',
  );
});

test('pretty printing of lists, sets, arrays and maps', () => {
  const vectors = javaVectors('generic');
  const first: FastjsonWritable = {
    a: [1, 2],
    b: [],
    c: {},
    d: new Set(['x', 'y']),
    e: new Set([1, 2, 3]),
    f: ['p', null, true],
  };
  const second: FastjsonWritable = [
    [1],
    new Map([
      [2, 'two'],
      [3, 'three'],
    ]),
  ];
  for (const [index, value] of [first, second].entries()) {
    assert.equal(stringifyFastjson(value), vectors[index]?.text('compact'));
    assert.equal(stringifyFastjson(value, { pretty: true }), vectors[index]?.text('pretty'));
  }
});

test('a document parsed and written again is the same text', () => {
  for (const vector of javaVectors('body')) {
    const text = vector.text('compact');
    if (/[0-9]\.[0-9]/.test(text)) continue; // doubles like 0.0 are numbers once parsed
    assert.equal(stringifyFastjson(parseFastjson(text)), text);
  }
});

test('a value that contains itself is refused', () => {
  const loop: FastjsonValue[] = [];
  loop.push(loop);
  assert.throws(() => stringifyFastjson(loop), /nests deeper than 128 levels, or contains itself/);
});
