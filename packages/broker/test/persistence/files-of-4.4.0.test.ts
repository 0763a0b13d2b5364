/** Files that a 4.4.0 broker wrote after its quickstart example: read completely, and written again to the byte. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import {
  decodeConsumerOffsetTable,
  decodeSubscriptionGroupWrapper,
  decodeTopicConfigSerializeWrapper,
  encodeConsumerOffsetTable,
  encodeSubscriptionGroupWrapper,
  encodeTopicConfigSerializeWrapper,
} from '@rocketmq-ts/protocol';
import { TopicKey } from '@rocketmq-ts/store';
import { GroupConfigTable } from '../../src/group/group-config-table.ts';
import { ConsumerOffsetTable } from '../../src/offset/consumer-offset-table.ts';
import { TopicConfigTable } from '../../src/topic/topic-config-table.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

/** Named `.txt`, because it is not JSON to others. */
function fixture(name: string): string {
  return readFileSync(
    join(import.meta.dirname, '../../../test/fixtures/config-4.4.0', `${name}.txt`),
    'utf8',
  );
}

/** Lines in one order: Java's map order depends on hash codes. */
function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort();
}

const logger = new RecordingLogger();
const common = { clock: new SimClock(), logger, onDirty() {} };

test('the layout is that of 4.4.0, to the byte', () => {
  const topics = fixture('topics.json');
  const groups = fixture('subscriptionGroup.json');
  const offsets = fixture('consumerOffset.json');
  const pretty = { pretty: true };
  assert.equal(
    encodeTopicConfigSerializeWrapper(decodeTopicConfigSerializeWrapper(topics), pretty).toString(),
    topics,
  );
  assert.equal(
    encodeSubscriptionGroupWrapper(decodeSubscriptionGroupWrapper(groups), pretty).toString(),
    groups,
  );
  assert.equal(encodeConsumerOffsetTable(decodeConsumerOffsetTable(offsets), pretty).toString(), offsets);
});

test('topics.json passes through the table', () => {
  const config = testValues({ brokerName: 'broker-j' });
  const storeTopic = (name: string): TopicKey => new TopicKey(name, Buffer.from(name));
  const table = new TopicConfigTable({ ...common, config, storeTopic, onChange() {} });
  table.decodeFile(fixture('topics.json'));
  assert.deepEqual(lines(table.encodeFile().toString()), lines(fixture('topics.json')));
});

test('subscriptionGroup.json passes through the table', () => {
  const table = new GroupConfigTable({ ...common, config: testValues() });
  table.decodeFile(fixture('subscriptionGroup.json'));
  assert.deepEqual(lines(table.encodeFile().toString()), lines(fixture('subscriptionGroup.json')));
});

test('consumerOffset.json passes through the table', () => {
  const table = new ConsumerOffsetTable({ ...common, config: testValues(), maxOffset: () => undefined });
  table.decodeFile(fixture('consumerOffset.json'));
  assert.deepEqual(lines(table.encodeFile().toString()), lines(fixture('consumerOffset.json')));
  assert.equal(table.query('please_rename_unique_group_name_4', 'TopicTest', 3), 250);
  assert.deepEqual(logger.complaints(), []);
});
