import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProperties, javaHashCode } from '@rocketmq-ts/protocol';
import fc from 'fast-check';
import { PropertyScan } from '../../src/send/property-scan.ts';

const scan = new PropertyScan();

/** As a JSON string's content, the way Java writes it: control characters escaped. */
function jsonContent(text: string): Buffer {
  return Buffer.from(JSON.stringify(text).slice(1, -1));
}

function scanText(text: string, escaped: boolean): boolean {
  const bytes = escaped ? jsonContent(text) : Buffer.from(text);
  const framed = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('"}')]);
  return scan.scan(framed, 2, 2 + bytes.length, escaped);
}

function stored(): string {
  return scan.buffer.toString('utf8', scan.start, scan.end);
}

const CAPTURED =
  'a\x011\x02KEYS\x01k1 RETRY\x02UNIQ_KEY\x01C000020231CD1DBD16A670D093BC0000\x02WAIT\x01true\x02TAGS\x01TagA\x02';

for (const escaped of [true, false]) {
  test(`properties captured from a 4.4.0 producer, escaped ${escaped}`, () => {
    assert.equal(scanText(CAPTURED, escaped), true);
    assert.equal(stored(), CAPTURED);
    assert.equal(scan.tagsCode, 2598919);
    assert.equal(scan.delayLevel, 0);
    assert.equal(scan.waitStore, true);
    assert.equal(scan.prepared, false);
    assert.equal(scan.hasRealTarget, false);
  });

  test(`what the broker acts on, escaped ${escaped}`, () => {
    scanText('WAIT\x01false\x02DELAY\x013\x02TRAN_MSG\x01TRUE\x02REAL_QID\x010\x02', escaped);
    assert.equal(scan.waitStore, false);
    assert.equal(scan.delayLevel, 3);
    assert.equal(scan.prepared, true);
    assert.equal(scan.hasRealTarget, true);
    scanText('REAL_TOPIC\x01x\x02', escaped);
    assert.equal(scan.hasRealTarget, true);
    assert.equal(scan.waitStore, true);
  });

  test(`a DELAY that is no number is told apart, escaped ${escaped}`, () => {
    for (const [value, level] of [
      ['abc', -1],
      ['3x', -1],
      ['+', -1],
      ['99999999999', -1],
      ['+4', 4],
      ['-2', 0],
      ['0', 0],
      ['18', 18],
    ] as const) {
      scanText(`DELAY\x01${value}\x02`, escaped);
      assert.equal(scan.delayLevel, level, value);
    }
  });

  test(`a tag outside ASCII has Java's hash of its UTF-16 units, escaped ${escaped}`, () => {
    for (const tag of ['标签', 'é', '😀tag', 'a"b\\c']) {
      scanText(`TAGS\x01${tag}\x02`, escaped);
      assert.equal(scan.tagsCode, javaHashCode(tag), tag);
      assert.equal(stored(), `TAGS\x01${tag}\x02`);
    }
  });

  test(`properties past 32767 bytes are refused, escaped ${escaped}`, () => {
    assert.equal(scanText(`k\x01${'v'.repeat(32764)}\x02`, escaped), true);
    assert.equal(scan.end - scan.start, 32767);
    assert.equal(scanText(`k\x01${'v'.repeat(32765)}\x02`, escaped), false);
    assert.equal(scanText(`k\x01${'v'.repeat(400_000)}\x02`, escaped), false);
    assert.equal(scanText(`k\x01${'"'.repeat(32764)}\x02`, escaped), true);
    assert.equal(scanText(`k\x01${'"'.repeat(32765)}\x02`, escaped), false);
  });
}

test('nothing stays from the properties before', () => {
  scanText('WAIT\x01false\x02DELAY\x013\x02TAGS\x01x\x02', true);
  scan.clear();
  assert.deepEqual([scan.tagsCode, scan.delayLevel, scan.waitStore, scan.end - scan.start], [0, 0, true, 0]);
  scanText('', true);
  assert.deepEqual([scan.tagsCode, scan.delayLevel, scan.waitStore], [0, 0, true]);
});

test('reads any list of properties as the general reader does', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\x01',
      '\x02',
      'TAGS',
      'WAIT',
      'DELAY',
      'TRAN_MSG',
      'REAL_QID',
      'true',
      'false',
      '5',
      '"',
    ),
    fc.string({ maxLength: 4, unit: 'binary' }).map((text) => text.replace(/\p{Surrogate}/gu, '')),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, escaped) => {
      const text = pieces.join('');
      const expected = decodeProperties(text);
      assert.equal(scanText(text, escaped), true);
      assert.equal(stored(), text);
      assert.equal(scan.tagsCode, javaHashCode(expected.get('TAGS') ?? ''));
      assert.equal(scan.waitStore, (expected.get('WAIT') ?? 'true').toLowerCase() === 'true');
      assert.equal(scan.prepared, expected.get('TRAN_MSG')?.toLowerCase() === 'true');
      assert.equal(scan.hasRealTarget, expected.has('REAL_QID') || expected.has('REAL_TOPIC'));
      const delay = expected.get('DELAY') ?? '0';
      assert.equal(scan.delayLevel, /^[+-]?\d+$/.test(delay) ? Math.max(0, Number(delay)) : -1);
    }),
    { numRuns: 2000 },
  );
});
