import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeProperties, encodeProperties, PropertyKey, RESERVED_PROPERTY_KEYS } from '../../src/index.ts';
import { javaVectors } from '../fixtures.ts';

test('any text reads as in Java', () => {
  for (const vector of javaVectors('messageProperties')) {
    const found = Object.fromEntries([...decodeProperties(vector.text('text'))].sort());
    assert.deepEqual(found, vector.json('value'), JSON.stringify(vector.text('text')));
  }
});

test('properties survive, in order', () => {
  const word = fc.string({ minLength: 1 }).filter((s) => !s.includes('\x01') && !s.includes('\x02'));
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 10 }), (entries) => {
      const properties = new Map(entries);
      assert.deepEqual([...decodeProperties(encodeProperties(properties))], [...properties]);
    }),
  );
});

test('an empty value is lost, as in Java', () => {
  assert.deepEqual(decodeProperties(encodeProperties(new Map([['a', '']]))), new Map());
});

test('reserved names are those of 4.4.0', () => {
  assert.equal(RESERVED_PROPERTY_KEYS.size, 22);
  assert(RESERVED_PROPERTY_KEYS.has(PropertyKey.UNIQ_KEY));
  assert(!RESERVED_PROPERTY_KEYS.has(PropertyKey.TRANSACTION_CHECK_TIMES));
});
