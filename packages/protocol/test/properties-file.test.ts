import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatProperties, ProtocolError, parseProperties, RequestCode } from '../src/index.ts';
import { capturedBodies, javaVectors } from './fixtures.ts';

test('texts read as java.util.Properties reads them', () => {
  for (const vector of javaVectors('properties')) {
    const text = vector.text('text');
    if (vector.has('error')) {
      assert.throws(() => parseProperties(text), ProtocolError, JSON.stringify(text));
      continue;
    }
    const found = Object.fromEntries([...parseProperties(text)].sort(([a], [b]) => (a < b ? -1 : 1)));
    assert.deepEqual(found, vector.json('value'), JSON.stringify(text));
  }
});

test('captured configurations survive byte by byte', () => {
  for (const code of [RequestCode.GET_BROKER_CONFIG, RequestCode.GET_NAMESRV_CONFIG]) {
    const [body] = capturedBodies(code, 'response');
    assert(body);
    assert.equal(formatProperties(parseProperties(body.toString())), body.toString());
  }
  const [update] = capturedBodies(RequestCode.UPDATE_BROKER_CONFIG, 'request');
  assert.deepEqual(
    parseProperties(update?.toString() ?? ''),
    new Map([['flushDelayOffsetInterval', '10001']]),
  );
});

test('any map survives', () => {
  const word = fc.string({ unit: 'binary', maxLength: 12 });
  const special = fc.string({ unit: fc.constantFrom(...' =:#!\\\n\r\t\fau'), maxLength: 8 });
  const text = fc.oneof(word, special);
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          text.filter((key) => key !== ''),
          text,
        ),
        { maxLength: 6 },
      ),
      (entries) => {
        const map = new Map(entries);
        assert.deepEqual(parseProperties(formatProperties(map)), map);
      },
    ),
    { numRuns: 3000 },
  );
});

test('any text gives a map or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...' =:#!\\\n\r\tu0aé'), maxLength: 30 }), (text) => {
      try {
        parseProperties(text);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
