import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSubscription, buildSubscriptionData, ProtocolError, ResponseCode } from '../../src/index.ts';
import { javaVectors } from '../fixtures.ts';

test('tag expressions split as FilterAPI does', () => {
  for (const vector of javaVectors('subscription')) {
    const text = vector.text('text');
    if (vector.has('error')) {
      assert.throws(
        () => buildSubscriptionData('T', text, 1),
        (error) =>
          error instanceof ProtocolError && error.responseCode === ResponseCode.SUBSCRIPTION_PARSE_FAILED,
      );
      continue;
    }
    const data = buildSubscriptionData('T', text, 1);
    assert.equal(data.subString, vector.text('subString'));
    assert.deepEqual([...data.tagsSet].sort(), vector.json('tags'));
    assert.deepEqual(
      [...data.codeSet].sort((a, b) => a - b),
      vector.json('codes'),
    );
  }
});

test('other expression types keep the expression and need one', () => {
  assert.deepEqual(buildSubscription('T', "a = '1'", 'SQL92', 7), {
    classFilterMode: false,
    topic: 'T',
    subString: "a = '1'",
    tagsSet: [],
    codeSet: [],
    subVersion: 7,
    expressionType: 'SQL92',
  });
  assert.equal(buildSubscription('T', undefined, undefined, 7).subString, '*');
  assert.throws(() => buildSubscription('T', '', 'SQL92', 7), /a SQL92 subscription needs an expression/);
});
