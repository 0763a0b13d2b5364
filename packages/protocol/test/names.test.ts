import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildPullSysFlag,
  buildTopicSysFlag,
  dlqTopic,
  isDlqTopic,
  isRetryTopic,
  isSystemGroup,
  isSystemTopic,
  LanguageCode,
  languageCodeOf,
  languageName,
  MessageSysFlag,
  MQVersion,
  ProtocolError,
  permName,
  ResponseCode,
  responseCodeName,
  retryTopic,
  transactionType,
  validateGroupName,
  validateTopicName,
  versionDesc,
  withoutCompressed,
  withTransactionType,
} from '../src/index.ts';
import { javaVectors } from './fixtures.ts';

test('languages and versions are numbered as in Java', () => {
  for (const vector of javaVectors('language')) {
    assert.equal(languageCodeOf(vector.text('name')), vector.number('value'));
    assert.equal(languageName(vector.number('value')), vector.text('name'));
  }
  assert.equal(languageCodeOf('COBOL'), LanguageCode.OTHER);
  assert.equal(languageName(77), 'OTHER');
  for (const vector of javaVectors('version')) {
    assert.equal(versionDesc(vector.number('ordinal')), vector.text('value'));
  }
  for (const [name, ordinal] of Object.entries(MQVersion)) assert.equal(versionDesc(ordinal), name);
});

test('derived and system names', () => {
  assert.equal(retryTopic('g'), '%RETRY%g');
  assert.equal(dlqTopic('g'), '%DLQ%g');
  assert(isRetryTopic('%RETRY%g') && !isRetryTopic('RETRY'));
  assert(isDlqTopic('%DLQ%g') && !isDlqTopic('%RETRY%g'));
  assert(isSystemTopic('rmq_sys_x') && !isSystemTopic('RMQ_SYS_TRACE_TOPIC'));
  assert(isSystemGroup('CID_RMQ_SYS_TRANS') && !isSystemGroup('CID'));
  assert.equal(responseCodeName(ResponseCode.PULL_OFFSET_MOVED), 'PULL_OFFSET_MOVED');
});

test('legal names', () => {
  for (const name of ['a', '%RETRY%g', 'A_b-c|9', 't'.repeat(127), '__proto__']) validateTopicName(name);
  for (const [name, problem] of [
    ['', /is blank/],
    ['  ', /is blank/],
    ['../../../x', /illegal characters/],
    ['a b', /illegal characters/],
    ['a/b', /illegal characters/],
    ['主题', /illegal characters/],
    ['a\n', /illegal characters/],
    ['t'.repeat(128), /has 128 characters, at most 127/],
  ] as const) {
    assert.throws(() => validateTopicName(name), problem);
  }
  validateGroupName('g'.repeat(255));
  assert.throws(
    () => validateGroupName('g'.repeat(256)),
    (error) => error instanceof ProtocolError && error.responseCode === ResponseCode.MESSAGE_ILLEGAL,
  );
});

test('flags', () => {
  assert.equal(buildPullSysFlag(true, true, false, false), 3);
  assert.equal(buildPullSysFlag(false, false, true, true), 12);
  assert.equal(buildTopicSysFlag(true, true), 3);
  assert.equal(permName(6), 'RW-');
  assert.equal(permName(1), '--X');
  assert.equal(transactionType(0x4d), MessageSysFlag.TRANSACTION_ROLLBACK_TYPE);
  assert.equal(withTransactionType(5, MessageSysFlag.TRANSACTION_COMMIT_TYPE), 9);
  assert.equal(withoutCompressed(5), 4);
});
