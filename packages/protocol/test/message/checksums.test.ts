import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync, crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import {
  crc32,
  deflateBody,
  inflateBody,
  javaHashCode,
  javaHashCodeOfBytes,
  ProtocolError,
} from '../../src/index.ts';
import { javaVectors } from '../fixtures.ts';

test('CRCs are those of Java', () => {
  assert.equal(crc32(Buffer.from('hello')), javaVectors('crc32Text')[0]?.number('value'));
  for (const vector of javaVectors('crc32')) {
    const size = vector.number('seed');
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff));
    assert.equal(crc32(bytes), vector.number('value'));
  }
});

test('CRCs of any range agree with zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), fc.nat(), (bytes, a, b) => {
      const start = a % (bytes.length + 1);
      const end = start + (b % (bytes.length - start + 1));
      assert.equal(crc32(bytes, start, end), zlibCrc32(bytes.subarray(start, end)) & 0x7fffffff);
    }),
    { numRuns: 3000 },
  );
});

test('hash codes are those of Java, from text and from bytes', () => {
  for (const vector of javaVectors('hashCode')) {
    const text = vector.text('text');
    assert.equal(javaHashCode(text), vector.number('value'));
    const bytes = Buffer.from(`é${text}!`);
    assert.equal(javaHashCodeOfBytes(bytes, 2, bytes.length - 1), vector.number('value'));
  }
});

test('bodies compressed by Java inflate; ours are the same zlib format', () => {
  for (const vector of javaVectors('compress')) {
    const source = vector.bytes('source');
    assert.deepEqual(inflateBody(vector.bytes('value')), source);
    assert.deepEqual(inflateSync(deflateBody(source)), source);
  }
  const zeros = javaVectors('compressZeros')[0]?.bytes('value') ?? Buffer.alloc(0);
  assert.deepEqual(inflateBody(zeros), Buffer.alloc(5000));
  assert.equal(deflateBody(Buffer.alloc(5000)).toString('hex', 0, 4), '785eedc1');
});

test('a bomb and a broken stream are refused', () => {
  const bomb = deflateBody(Buffer.alloc(1_000_000));
  assert.throws(() => inflateBody(bomb, 1000), /not a zlib stream of at most 1000 bytes/);
  assert.throws(() => inflateBody(Buffer.from('nonsense')), ProtocolError);
});
