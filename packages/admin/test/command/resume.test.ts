/** Work over many groups: what is done is not done again, what failed is. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  encodeConsumeStats,
  encodeGroupList,
  encodeResetOffsetBody,
  encodeTopicList,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { mqadmin } from '../command-line/mqadmin-run.ts';
import { fakeCluster, TOPIC } from '../fake-cluster.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const groups = ['A', 'B', 'C', 'D'];

test('a reset of all groups of a topic goes on after the group that failed', async (t) => {
  const folder = temporaryFolder();
  const asked: string[] = [];
  let broken = 'C';
  const queue = { topic: TOPIC, brokerName: 'broker-a', queueId: 0 };
  const { address } = await fakeCluster(t, 10, undefined, {
    [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO]: () => ({
      code: 0,
      body: encodeGroupList({ groupList: groups }),
    }),
    [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET]: ({ ext }) => {
      const group = ext.get('group') ?? '';
      asked.push(group);
      if (group === broken) return { code: 1, remark: 'try again' };
      return { code: 0, body: encodeResetOffsetBody({ offsetTable: new Map([[queue, 10]]) }) };
    },
  });
  const run = () =>
    mqadmin(
      ['skipAccumulatedMessage', '-g', '*', '-t', TOPIC, '-n', address, '--resume', 'state', '-o', 'json'],
      {
        workingFolder: folder,
      },
    );
  const first = await run();
  assert.equal(first.exitCode, 1);
  assert.match(first.errors, /1 of 4 groups failed: .*try again/);
  assert.deepEqual(asked, groups);
  assert.deepEqual(JSON.parse(first.output.split('\n')[0] ?? '').queues, [{ ...queue, offset: 10 }]);
  broken = '';
  asked.length = 0;
  const second = await run();
  assert.deepEqual([second.exitCode, asked], [0, ['C']]);
  assert.equal(existsSync(join(folder, 'state')), false);
});

test('consumerProgress over all groups shows those that it has, and asks for the others', async (t) => {
  const folder = temporaryFolder();
  const asked: string[] = [];
  let broken = 'B';
  const queue = { topic: TOPIC, brokerName: 'broker-a', queueId: 0 };
  const offsets = { brokerOffset: 10, consumerOffset: 7, lastTimestamp: 1 };
  const { address } = await fakeCluster(t, 10, undefined, {
    [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER]: () => ({
      code: 0,
      body: encodeTopicList({ topicList: groups.map((group) => `%RETRY%${group}`) }),
    }),
    [RequestCode.GET_CONSUMER_CONNECTION_LIST]: () => ({ code: 206, remark: 'nobody' }),
    [RequestCode.GET_CONSUME_STATS]: ({ ext }) => {
      const group = ext.get('consumerGroup') ?? '';
      asked.push(group);
      if (group === broken) return { code: 2, remark: 'busy' };
      return {
        code: 0,
        body: encodeConsumeStats({ consumeTps: 0, offsetTable: new Map([[queue, offsets]]) }),
      };
    },
  });
  const run = () =>
    mqadmin(['consumerProgress', '-n', address, '--resume', 'state', '-o', 'json'], {
      workingFolder: folder,
    });
  const first = await run();
  assert.equal(first.exitCode, 1);
  const behind = (output: string) =>
    JSON.parse(output).map((row: Record<string, unknown>) => [row.group, row.diffTotal]);
  assert.deepEqual(behind(first.output), [
    ['A', 3],
    ['B', undefined],
    ['C', 3],
    ['D', 3],
  ]);
  broken = '';
  asked.length = 0;
  const second = await run();
  assert.deepEqual([second.exitCode, asked], [0, ['B']]);
  assert.deepEqual(
    behind(second.output),
    groups.map((group) => [group, 3]),
  );
});
