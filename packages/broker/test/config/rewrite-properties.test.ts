import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '@rocketmq-ts/protocol';
import fc from 'fast-check';
import { rewriteProperties } from '../../src/config/rewrite-properties.ts';

test('a changed key is replaced where it stands, comments and the rest stay', () => {
  const before = '# my broker\nbrokerName = a\n\n! old\nfileReservedTime=48\nlong=a\\\n  b\n';
  const after = rewriteProperties(before, new Map([['fileReservedTime', '10']]));
  assert.equal(after, '# my broker\nbrokerName = a\n\n! old\nfileReservedTime=10\nlong=a\\\n  b\n');
});

test('a value over several lines and repeated keys are replaced as a whole', () => {
  const after = rewriteProperties('a=1\\\n 2\nb=1\na:3\n', new Map([['a', 'x']]));
  assert.equal(after, 'a=x\nb=1\n');
});

test('new keys go to the end, also when the last line has none', () => {
  assert.equal(rewriteProperties('a=1', new Map([['b', '2']])), 'a=1\nb=2\n');
  assert.equal(rewriteProperties('', new Map([['b', '2']])), 'b=2\n');
});

test('what is read back is what was there with the changes', () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9.]{1,8}$/);
  const value = fc.stringMatching(/^[a-zA-Z0-9:=#! \\]{0,12}$/).map((text) => text.trim());
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word)), fc.dictionary(word, value), (lines, changes) => {
      const content = lines.map(([key, text]) => `${key}=${text}\n`).join('');
      const after = parseProperties(rewriteProperties(content, new Map(Object.entries(changes))));
      const expected = new Map([...parseProperties(content), ...Object.entries(changes)]);
      assert.deepEqual(new Map([...after].sort()), new Map([...expected].sort()));
    }),
  );
});
