import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteInterner } from '../src/byte-interner.ts';

function get<T>(interner: ByteInterner<T>, name: string): T | undefined {
  const bytes = Buffer.from(`xx${name}yy`);
  return interner.get(bytes, 2, bytes.length - 2);
}

test('finds what was kept, by all bytes of the name', () => {
  const interner = new ByteInterner<number>();
  for (let i = 0; i < 1000; i++) assert.equal(interner.set(`topic-${i}`, i), true);
  assert.equal(interner.size, 1000);
  for (let i = 0; i < 1000; i++) assert.equal(get(interner, `topic-${i}`), i);
  assert.equal(get(interner, 'topic-1000'), undefined);
  assert.equal(get(interner, 'topic-'), undefined);
  assert.equal(get(interner, ''), undefined);
});

test('a name set again has the new value', () => {
  const interner = new ByteInterner<string>();
  interner.set('主题', 'old');
  interner.set('主题', 'new');
  assert.equal(get(interner, '主题'), 'new');
  assert.equal(interner.size, 1);
});

test('forgets a deleted name, also right after it was found', () => {
  const interner = new ByteInterner<number>();
  for (let i = 0; i < 200; i++) interner.set(`t${i}`, i);
  assert.equal(get(interner, 't7'), 7);
  assert.equal(interner.delete('t7'), true);
  assert.equal(get(interner, 't7'), undefined);
  assert.equal(interner.delete('t7'), false);
  for (let i = 0; i < 200; i++) if (i !== 7) assert.equal(get(interner, `t${i}`), i);
});

test('refuses new names when it is full', () => {
  const interner = new ByteInterner<number>(2);
  interner.set('a', 1);
  interner.set('b', 2);
  assert.equal(interner.set('c', 3), false);
  assert.equal(interner.set('b', 4), true);
  assert.equal(get(interner, 'b'), 4);
});
