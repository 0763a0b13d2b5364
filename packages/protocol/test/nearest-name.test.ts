import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '@rocketmq-ts/protocol';

test('the nearest name', () => {
  const known = ['TopicTest', 'TopicOrders', 'payments'];
  assert.equal(nearestName('TopicTset', known), 'TopicTest');
  assert.equal(nearestName('topicorder', known), 'TopicOrders');
  assert.equal(nearestName('completely-else', known), undefined);
  assert.equal(nearestName('x', []), undefined);
});
