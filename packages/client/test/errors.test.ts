/** The catalogue of errors is complete, and errors say what RocketMQ's say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MQBrokerError, MQClientError } from '@rocketmq-ts/client';
import { type ClientErrorName, clientErrorKinds } from '../src/errors.ts';

test('docs/errors.md has every code of the client, with its number', () => {
  const catalogue = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const missing = Object.entries(clientErrorKinds).filter(([code, { responseCode }]) => {
    const line = catalogue.split('\n').find((each) => each.includes(`\`MQClientError\` | \`${code}\` (`));
    return line === undefined || (code !== 'SEND_FAILED' && !line.includes(`(${responseCode})`));
  });
  assert.deepEqual(missing, []);
});

test('retriable in the catalogue is what the error says', () => {
  const catalogue = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  for (const [code, { retriable }] of Object.entries(clientErrorKinds)) {
    const cells =
      catalogue
        .split('\n')
        .find((each) => each.includes(`| \`${code}\` (`))
        ?.split('|') ?? [];
    assert.equal(cells[4]?.trim(), retriable ? 'yes' : 'no', code);
    assert.equal(new MQClientError(code as ClientErrorName, 'x').retriable, retriable);
  }
});

test("a broker's answer keeps its code, its name and its words", () => {
  const error = new MQBrokerError(17, 'topic[T] not exist', '10.0.0.1:10911');
  assert.equal(error.message, 'CODE: 17 (TOPIC_NOT_EXIST)  DESC: topic[T] not exist  BROKER: 10.0.0.1:10911');
  assert.deepEqual([error.code, error.responseCode, error.retriable], ['TOPIC_NOT_EXIST', 17, true]);
  assert.equal(new MQBrokerError(13, undefined, 'a').retriable, false);
  assert.equal(new MQBrokerError(2, 'busy', 'a').retriable, true);
});
