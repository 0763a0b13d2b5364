import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createOffsetMsgId,
  decodeOffsetMsgId,
  intToIpv4,
  ipOfUniqueId,
  ipv4ToInt,
  ProtocolError,
  timeOfUniqueId,
  UniqueIdGenerator,
  writeOffsetMsgId,
} from '../../src/index.ts';
import { javaVectors } from '../fixtures.ts';

test('offset ids are those of Java', () => {
  for (const vector of javaVectors('offsetMsgId')) {
    const ip = vector.text('ip');
    const port = vector.number('port');
    const offset = vector.number('offset');
    const id = vector.text('value');
    assert.equal(createOffsetMsgId(ip, port, offset), id);
    assert.equal(createOffsetMsgId(ipv4ToInt(ip), port, offset), id);
    assert.deepEqual(decodeOffsetMsgId(id), { ip, port, offset });
    assert.deepEqual(decodeOffsetMsgId(id.toLowerCase()), { ip, port, offset });
    const target = Buffer.alloc(40, 0x2e);
    assert.equal(writeOffsetMsgId(target, 4, ipv4ToInt(ip), port, offset), 36);
    assert.equal(target.toString(), `....${id}....`);
  }
});

test('any offset id survives', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      fc.integer({ min: 0, max: 65535 }),
      fc.maxSafeNat(),
      (ip, port, offset) => {
        assert.deepEqual(decodeOffsetMsgId(createOffsetMsgId(ip, port, offset)), {
          ip: intToIpv4(ip),
          port,
          offset,
        });
      },
    ),
  );
});

test('an IPv6 id of 5.x is read; anything else is refused', () => {
  const id = `${'0'.repeat(31)}1${'00002A9F'}${'0'.repeat(14)}FF`;
  assert.deepEqual(decodeOffsetMsgId(id), { ip: '0:0:0:0:0:0:0:1', port: 10911, offset: 255 });
  for (const bad of ['', 'x'.repeat(32), '0'.repeat(31), '7F00000100002E87FFFFFFFFFFFFFFFFF']) {
    assert.throws(() => decodeOffsetMsgId(bad), ProtocolError);
  }
  // 2^63-1 as offset is well-formed but no offset we can count with
  assert.throws(() => decodeOffsetMsgId(`7F00000100002E877${'F'.repeat(15)}`), /beyond the integers/);
});

const random = { bytes: (count: number) => Buffer.alloc(count, 0xab) };

test('client ids have the layout of Java', () => {
  const now = new Date(2026, 10, 23, 1, 2, 3, 4).getTime();
  const generator = new UniqueIdGenerator({
    clock: { now: () => now },
    random,
    ip: '192.0.2.2',
    pid: 0x131cd,
  });
  const sinceMonthStart = ((22 * 24 + 1) * 60 + 2) * 60_000 + 3004;
  const time = sinceMonthStart.toString(16).toUpperCase().padStart(8, '0');
  assert.equal(generator.next(), `C000020231CDABABABAB${time}0000`);
  assert.equal(generator.next(), `C000020231CDABABABAB${time}0001`);
  const target = Buffer.alloc(34, 0x2e);
  assert.equal(generator.writeNext(target, 1), 33);
  assert.equal(target.toString(), `.C000020231CDABABABAB${time}0002.`);
  assert.equal(timeOfUniqueId(generator.next(), now + 5), now);
  assert.equal(ipOfUniqueId(generator.next()), '192.0.2.2');
});

test('the counter wraps without a repeated id in between', () => {
  const generator = new UniqueIdGenerator({ clock: { now: () => 0 }, random, ip: 1, pid: 1 });
  const seen = new Set<string>();
  for (let i = 0; i < 65536; i++) seen.add(generator.next());
  assert.equal(seen.size, 65536);
  assert(seen.has(generator.next()));
});

test('a new month starts the time anew, and ids of the old one are dated back', () => {
  let now = new Date(2026, 0, 31, 23, 59, 59, 999).getTime();
  const generator = new UniqueIdGenerator({ clock: { now: () => now }, random, ip: 1, pid: 1 });
  const last = generator.next();
  now += 1;
  const first = generator.next();
  assert.equal(first.slice(20, 28), '00000000');
  assert.equal(timeOfUniqueId(first, now), now);
  const days = 5 * 24 * 60 * 60 * 1000;
  assert.equal(timeOfUniqueId(last, now + days), now - 1);
});

test('an id made by Java tells its address', () => {
  const vector = javaVectors('uniqueId')[0];
  assert(vector);
  assert.equal(ipOfUniqueId(vector.text('id')), vector.text('ip'));
});

test('without an address the bytes come from the clock', () => {
  const generator = new UniqueIdGenerator({ clock: { now: () => 0x123456789a }, random, pid: 1 });
  assert.equal(generator.next().slice(0, 8), '3456789A');
});
