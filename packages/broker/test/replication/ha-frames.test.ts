import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader, ReportReader, writeOffset } from '../../src/replication/ha-frames.ts';

/** As an official master sent them: one record of 180 bytes at 0 (its first 8 bytes), then a heartbeat behind it. */
const SEEN = '0000000000000000000000b4000000b4daa320a7';

function read(chunks: Buffer[]) {
  const bytes: Buffer[] = [];
  const offsets: number[] = [];
  const heartbeats: number[] = [];
  const reader = new FrameReader({
    onBytes: (offset, chunk, start, end) => {
      offsets.push(offset);
      bytes.push(chunk.subarray(start, end));
    },
    onHeartbeat: (offset) => heartbeats.push(offset),
  });
  for (const chunk of chunks) reader.push(chunk);
  return { bytes: Buffer.concat(bytes), offsets, heartbeats };
}

test('a frame of an official master', () => {
  const seen = read([Buffer.from(SEEN, 'hex')]);
  assert.deepEqual(seen.offsets, [0]);
  assert.equal(seen.bytes.toString('hex'), '000000b4daa320a7');
});

test('frames cut anywhere give the same bytes at the same offsets', () => {
  const frame = fc.record({ offset: fc.nat(2 ** 31), body: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (frames, cuts) => {
        const all = Buffer.concat(
          frames.map(({ offset, body }) => {
            const head = Buffer.alloc(12);
            writeOffset(head, 0, offset * 4096);
            head.writeInt32BE(body.length, 8);
            return Buffer.concat([head, body]);
          }),
        );
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = cuts.length === 0 ? all.length : cuts[i % cuts.length]!;
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        const seen = read(chunks);
        assert.deepEqual(seen.bytes, Buffer.concat(frames.map(({ body }) => Buffer.from(body))));
        const silent = frames.filter(({ body }) => body.length === 0);
        assert.deepEqual(
          seen.heartbeats,
          silent.map(({ offset }) => offset * 4096),
        );
      },
    ),
  );
});

test('what cannot be a frame is refused', () => {
  for (const hex of [
    '0000000000000000ffffffff',
    '000000000000000004000001',
    'ffffffffffffffff00000000',
    '0020000000000000000000007',
  ]) {
    assert.throws(() => read([Buffer.from(hex, 'hex')]), { code: 'BROKER_BAD_PEER' }, hex);
  }
});

test('reports cut anywhere', () => {
  const reports: number[] = [];
  const reader = new ReportReader((offset) => reports.push(offset));
  const bytes = Buffer.from('00000000000000b40000000100000000', 'hex');
  for (const byte of bytes) reader.push(Buffer.from([byte]));
  reader.push(bytes);
  assert.deepEqual(reports, [180, 2 ** 32, 180, 2 ** 32]);
  assert.throws(() => reader.push(Buffer.from('8000000000000000', 'hex')), { code: 'BROKER_BAD_PEER' });
});
