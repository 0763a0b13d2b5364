import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  AdminAnswerError,
  AdminError,
  type AdminErrorCode,
  adminErrorCodes,
  isDenied,
} from '../src/admin-error.ts';

test('docs/errors.md has an entry for every code', () => {
  const catalogue = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  for (const [code, retriable] of Object.entries(adminErrorCodes)) {
    const line = catalogue.split('\n').find((each) => each.startsWith(`| \`AdminError\` | \`${code}\` |`));
    assert.equal(line?.split('|')[4]?.trim(), retriable ? 'yes' : 'no', code);
    assert.equal(new AdminError(code as AdminErrorCode, 'm').retriable, retriable);
  }
});

test('what access control refuses is known by its words', () => {
  const acl = 'org.apache.rocketmq.acl.common.AclException: No accessKey is configured';
  assert.equal(isDenied(new AdminAnswerError(1, acl, '10.0.0.1:10911', 28)), true);
  assert.equal(isDenied(new AdminAnswerError(16, 'no', '10.0.0.1:10911', 28)), true);
  assert.equal(isDenied(new AdminAnswerError(1, 'the group is not there', '10.0.0.1:10911', 28)), false);
  assert.equal(isDenied(new Error(acl)), false);
});

test('a refusal has its number, its name and the words of the server', () => {
  const error = new AdminAnswerError(17, 'no such topic', '10.0.0.1:10911', 105);
  assert.equal(error.code, 'TOPIC_NOT_EXIST');
  assert.equal(error.responseCode, 17);
  assert.equal(
    error.message,
    'CODE: 17 (TOPIC_NOT_EXIST)  DESC: no such topic  [GET_ROUTEINTO_BY_TOPIC to 10.0.0.1:10911]',
  );
});
