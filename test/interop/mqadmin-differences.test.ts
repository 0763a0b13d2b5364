/**
 * Commands of which docs/mqadmin.md says that they differ from 4.4.0's: what they have in common with the official ones, and
 * where the difference begins, on a Java cluster and on ours.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { type Outcome, officialMqadmin, ourMqadmin } from './harness/mqadmin.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, type Pair, until } from './harness/pair.ts';
import { type StartBroker, type StartNamesrv, temporaryFolder } from './harness/server.ts';

const clusters: Readonly<Record<string, readonly [StartNamesrv, StartBroker]>> = {
  Java: [startJavaNamesrv, startJavaBroker],
  ours: [startOurNamesrv, startOurBroker],
};

interface Allocated {
  readonly queueId: number;
}

/** The queues by address, and their number for each. */
function allocation({ output, errors }: Outcome) {
  const text = output.split('\n').find((line) => line.startsWith('{'));
  assert.ok(text !== undefined, `${output}\n${errors}`);
  const { result }: { result: Record<string, Allocated[]> } = JSON.parse(text);
  const byAddress = Object.entries(result)
    .map(([address, queues]): [string, number[]] => [address, queues.map(({ queueId }) => queueId)])
    .sort();
  return {
    byAddress: Object.fromEntries(byAddress),
    sizes: byAddress.map(([address, queues]) => `${address}: ${queues.length}`),
    all: byAddress.flatMap(([, queues]) => queues).sort((a, b) => a - b),
  };
}

/** Takes the topic out of a broker's table, as if it had come to an old copy of it. */
function forgetTopic(path: string): void {
  if (!existsSync(path)) return;
  const table: { topicConfigTable: Record<string, unknown> } = JSON.parse(readFileSync(path, 'utf8'));
  delete table.topicConfigTable.Gone;
  writeFileSync(path, JSON.stringify(table));
}

for (const [name, [startNamesrv, startBroker]] of Object.entries(clusters)) {
  test(`allocateMQ for several addresses, on a cluster of ${name}`, { timeout: 600_000 }, async () => {
    const namesrv = await startNamesrv();
    const broker = await startBroker({ namesrvAddr: namesrv.address });
    const pair = { namesrv, broker };
    after(() => killPair(pair));
    const [create] = await ourMqadmin(pair, [`updateTopic -b ${broker.address} -t Eight -r 8 -w 8`]);
    assert.equal(create?.exitCode, 0, create?.errors);
    const addresses = [
      '10.0.0.1,10.0.0.2,10.0.0.3',
      '10.9.0.7,10.9.0.6',
      '10.0.0.9,10.0.0.8,10.0.0.7,10.0.0.6,10.0.0.5',
    ];
    const commands = addresses.map((each) => `allocateMQ -t Eight -i ${each}`);
    const official = (await officialMqadmin(pair, commands)).map(allocation);
    const ours = (await ourMqadmin(pair, commands, 0)).map(allocation);
    for (const [i, command] of commands.entries()) {
      // Which queues, depends on the order in which a hash set gives them to the official one; how many does not.
      assert.deepEqual(ours[i]?.sizes, official[i]?.sizes, command);
      assert.deepEqual(ours[i]?.all, [0, 1, 2, 3, 4, 5, 6, 7], command);
      assert.deepEqual(official[i]?.all, ours[i]?.all, command);
    }
    // Ours are those that the clients would get.
    assert.deepEqual(ours[0]?.byAddress, {
      '10.0.0.1': [0, 1, 2],
      '10.0.0.2': [3, 4, 5],
      '10.0.0.3': [6, 7],
    });
  });

  test(`cleanUnusedTopic of one broker, a cluster and all, on a cluster of ${name}`, {
    timeout: 600_000,
  }, async () => {
    const namesrv = await startNamesrv();
    after(() => namesrv.program.kill());
    const folder = temporaryFolder('unused');
    const queue = join(folder, 'store/consumequeue/Gone');
    const kept = join(folder, 'kept');
    const start = async (): Promise<Pair> => {
      const broker = await startBroker({ namesrvAddr: namesrv.address, folder });
      after(() => broker.program.kill());
      return { namesrv, broker };
    };
    const admin = new AdminClient({ namesrvAddr: namesrv.address });
    after(() => admin.close());

    let pair = await start();
    const topics = ['Gone', 'Stays'];
    const made = await ourMqadmin(
      pair,
      topics.map((topic) => `updateTopic -b ${pair.broker.address} -t ${topic} -r 1 -w 1`),
    );
    for (const { exitCode, errors } of made) assert.equal(exitCode, 0, errors);
    await until('the routes are there', 20_000, async () => {
      const known = await admin.fetchAllTopicList();
      return topics.every((topic) => known.includes(topic));
    });
    for (const topic of topics) await admin.sendMessage({ topic, body: Buffer.from('x') });
    await until('their queues are there', 20_000, async () => {
      const stats = await Promise.all(topics.map((topic) => admin.examineTopicStats(topic)));
      return stats.every(({ offsetTable }) => [...offsetTable.values()][0]?.maxOffset === 1);
    });
    /** The broker finds the queue of a topic that it does not have. */
    const restart = async (): Promise<void> => {
      await pair.broker.program.stop();
      if (!existsSync(kept)) cpSync(queue, kept, { recursive: true });
      cpSync(kept, queue, { recursive: true });
      for (const file of ['topics.json', 'topics.json.bak']) forgetTopic(join(folder, 'store/config', file));
      pair = await start();
      assert.ok(existsSync(queueFile), 'the queue is there');
    };
    const queueFile = join(queue, '0', '0'.repeat(20));
    const gone = () => until('the queue is gone', 20_000, () => !existsSync(queueFile));

    await restart();
    // 4.4.0 takes the cluster's name for an address, and fails without options.
    const refused = await officialMqadmin(pair, ['cleanUnusedTopic -c DefaultCluster', 'cleanUnusedTopic']);
    for (const { output, errors } of refused) {
      assert.doesNotMatch(output, /success/);
      assert.match(errors, /CleanUnusedTopicCommand command failed/);
    }
    assert.ok(existsSync(queueFile), 'nothing was cleaned');
    const [none] = await ourMqadmin(pair, ['cleanUnusedTopic -c NoSuchCluster']);
    assert.equal(none?.exitCode, 1);
    const check = async (outcome: (Outcome & { exitCode?: number }) | undefined): Promise<void> => {
      assert.equal(outcome?.output.trim(), 'success', outcome?.errors);
      await gone();
      const { offsetTable } = await admin.getTopicStatsInfo(pair.broker.address, 'Stays');
      assert.ok(
        [...offsetTable.values()].some(({ maxOffset }) => maxOffset > 0),
        'other queues stay',
      );
    };
    await check((await ourMqadmin(pair, ['cleanUnusedTopic -c DefaultCluster']))[0]);
    for (const clean of [
      async () => (await ourMqadmin(pair, ['cleanUnusedTopic']))[0],
      async () => (await ourMqadmin(pair, [`cleanUnusedTopic -b ${pair.broker.address}`]))[0],
      async () => (await officialMqadmin(pair, [`cleanUnusedTopic -b ${pair.broker.address}`]))[0],
    ]) {
      await restart();
      await check(await clean());
    }
  });
}
