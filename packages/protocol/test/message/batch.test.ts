import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BatchEntry, decodeBatch, encodeBatch, ProtocolError, RequestCode } from '../../src/index.ts';
import { capturedBodies, javaVectors } from '../fixtures.ts';

const batches = [
  ...capturedBodies(RequestCode.SEND_BATCH_MESSAGE, 'request'),
  ...javaVectors('batch').map((vector) => vector.bytes('hex')),
];

test('captured batches and those of the Java encoder encode again to the same bytes', () => {
  assert.equal(batches.length, 3);
  for (const batch of batches) assert.deepEqual(encodeBatch(decodeBatch(batch)), batch);
});

test('a captured batch, entry by entry', () => {
  const entries = decodeBatch(batches[0] as Buffer);
  assert.deepEqual(
    entries.map((entry) => [entry.body.toString(), entry.flag, entry.properties.get('KEYS')]),
    [
      ['batch0', 0, 'b0'],
      ['batch1', 0, 'b1'],
      ['batch2', 0, 'b2'],
    ],
  );
});

test('any batch survives', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab 1中😀'), minLength: 1, maxLength: 8 });
  const entry: fc.Arbitrary<BatchEntry> = fc.record(
    {
      flag: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      body: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      properties: fc.array(fc.tuple(word, word), { maxLength: 5 }).map((entries) => new Map(entries)),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 10 }), (entries) => {
      assert.deepEqual(decodeBatch(encodeBatch(entries)), entries);
    }),
    { numRuns: 500 },
  );
});

test('any bytes give entries or a ProtocolError', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...batches),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
      (batch, edits, cut) => {
        const bytes = Buffer.from(cut % 3 === 0 ? batch.subarray(0, cut % batch.length) : batch);
        for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
        try {
          decodeBatch(bytes);
        } catch (error) {
          assert(error instanceof ProtocolError, String(error));
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test('lengths that do not add up are refused', () => {
  const entry = encodeBatch([{ flag: 0, body: Buffer.from('body'), properties: new Map([['k', 'v']]) }]);
  for (const [at, value] of [
    [3, entry.length + 1],
    [3, entry.length - 1],
    [19, 3],
    [19, 5],
    [25, 3],
    [25, 5],
  ] as const) {
    const bytes = Buffer.concat([entry, entry]);
    bytes[at] = value;
    assert.throws(() => decodeBatch(bytes), /batch entry at byte \d+ .* do not add up/, `${value} at ${at}`);
  }
});

test('properties longer than their length field are refused', () => {
  const properties = new Map([['k', 'v'.repeat(32766)]]);
  assert.throws(() => encodeBatch([{ flag: 0, body: Buffer.alloc(0), properties }]), /at most 32767 bytes/);
});
