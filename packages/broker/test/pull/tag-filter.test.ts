import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSubscriptionData, javaHashCode, type SubscriptionData } from '@rocketmq-ts/protocol';
import { isTagType, tagFilterOf } from '../../src/pull/tag-filter.ts';

function subscription(subString: string, given: Partial<SubscriptionData> = {}): SubscriptionData {
  return { ...buildSubscriptionData('T', subString, 1), ...given };
}

test('a star lets everything through', () => {
  assert.equal(tagFilterOf(subscription('*')), undefined);
  assert.equal(tagFilterOf(subscription('TagA', { classFilterMode: true })), undefined);
});

test('one tag and several tags', () => {
  const one = tagFilterOf(subscription('TagA'))!;
  assert.equal(one.matchesTagsCode(javaHashCode('TagA')), true);
  assert.equal(one.matchesTagsCode(javaHashCode('TagB')), false);
  assert.equal(one.matchesTagsCode(0), false);
  const two = tagFilterOf(subscription('TagA || a tag with a negative hash'))!;
  assert.equal(two.matchesTagsCode(javaHashCode('TagA')), true);
  assert.equal(two.matchesTagsCode(javaHashCode('a tag with a negative hash')), true);
  assert.equal(two.matchesTagsCode(javaHashCode('TagC')), false);
});

test('hashes that a client left out are computed', () => {
  const fromTags = tagFilterOf(subscription('TagA || TagB', { codeSet: [] }))!;
  assert.equal(fromTags.matchesTagsCode(javaHashCode('TagB')), true);
  const fromText = tagFilterOf(subscription('TagA || TagB', { codeSet: [], tagsSet: [] }))!;
  assert.equal(fromText.matchesTagsCode(javaHashCode('TagB')), true);
  assert.equal(fromText.matchesTagsCode(javaHashCode('TagC')), false);
});

test('a subscription is looked at once', () => {
  const given = subscription('TagA');
  assert.equal(tagFilterOf(given), tagFilterOf(given));
});

test('what counts as a tag subscription', () => {
  assert.deepEqual([undefined, '', 'TAG', 'SQL92'].map(isTagType), [true, true, true, false]);
});
