/** Every command of mqadmin on our cluster: its JSON is what docs/mqadmin-json.md says, and --dry-run changes nothing. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AdminClient, runMqadmin } from '@rocketmq-ts/admin';
import { Producer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { root } from '../interop/harness/java-library.ts';
import { startOurConsumer } from '../interop/harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from '../interop/harness/ours.ts';
import { type Pair, sharedPair, until } from '../interop/harness/pair.ts';
import { temporaryFolder } from '../interop/harness/server.ts';

interface Shape {
  readonly form: string;
  readonly fields: readonly string[];
}

const [, general = '', dry = ''] =
  /([\s\S]*)\nWith `--dry-run`([\s\S]*)/.exec(readFileSync(join(root, 'docs/mqadmin-json.md'), 'utf8')) ?? [];
const message = /`(topic flag[^`]*)`/.exec(general)?.[1]?.replaceAll(/\s+/g, ' ') ?? '';

function shapes(text: string): Map<string, Shape> {
  const rows = [...text.matchAll(/^\| ([a-zA-Z][\w -]*) \| (one|list|texts|stream) \| (.*?) ?\|$/gm)];
  return new Map(
    rows.map(([, command = '', form = '', fields = '']) => [
      command,
      { form, fields: fields.replace('*message*', `${message} brokerName? body? bodyBase64?`).split(' ') },
    ]),
  );
}

const home = temporaryFolder('mqadmin-json');
const pairOf = sharedPair(startOurNamesrv, startOurBroker);
const ending: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ending) await end();
});

async function mqadmin({ namesrv, broker }: Pair, command: string) {
  let output = '';
  let errors = '';
  const exitCode = await runMqadmin({
    args: command.replaceAll('BROKER', broker.address).split(' '),
    rocketmqHome: home,
    workingFolder: home,
    environment: { NAMESRV_ADDR: namesrv.address, XDG_CONFIG_HOME: home },
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
  });
  return { exitCode, output, errors };
}

/** What the command line is called in the page: with the option that makes a difference, where one does. */
function named(line: string, known: ReadonlyMap<string, Shape>): string {
  const [name, second] = line.split(' ');
  if (name === 'context') return `context ${second}`;
  const special = [...known.keys()].find((key) => {
    const [command, option] = key.split(' ');
    return option !== undefined && command === name && ` ${line} `.includes(` ${option} `);
  });
  return special ?? name ?? '';
}

function checkFields(line: string, object: Record<string, unknown>, fields: readonly string[]): void {
  const needed = fields.filter((field) => field !== '' && !field.endsWith('?'));
  const allowed = new Set([...fields.map((field) => field.replace('?', '')), 'dryRun']);
  const lacking = needed.filter((field) => !(field in object));
  const more = Object.keys(object).filter((field) => !allowed.has(field));
  assert.equal(lacking.join(' '), '', `${line} lacks fields`);
  assert.equal(more.join(' '), '', `${line} has fields that the page does not have`);
}

function check(line: string, output: string, known: ReadonlyMap<string, Shape>): Record<string, unknown>[] {
  const shape = known.get(named(line, known));
  assert.ok(shape !== undefined, `docs/mqadmin-json.md has no row for ${line}`);
  let documents: unknown[];
  if (shape.form === 'stream')
    documents = output
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each));
  else if (shape.form === 'one') documents = [JSON.parse(output)];
  else documents = JSON.parse(output);
  assert.ok(documents.length > 0, `${line} printed nothing`);
  if (shape.form === 'texts') {
    for (const document of documents) assert.equal(typeof document, 'string');
    return [];
  }
  const objects = documents as Record<string, unknown>[];
  if (shape.fields[0] === 'by') return objects;
  for (const object of objects) checkFields(line, object, shape.fields);
  return objects;
}

interface Prepared {
  readonly pair: Pair;
  readonly names: ReadonlyMap<string, string>;
}

async function prepare(): Promise<Prepared> {
  const pair = await pairOf();
  const namesrvAddr = pair.namesrv.address;
  await mqadmin(pair, 'updateTopic -b BROKER -t Orders -r 1 -w 1');
  const admin = new AdminClient({ namesrvAddr });
  ending.push(() => admin.close());
  await until('the route is there', 20_000, async () => (await admin.fetchAllTopicList()).includes('Orders'));
  const producer = new Producer({ producerGroup: 'PG', namesrvAddr, logger: silentLogger });
  await producer.start();
  ending.push(() => producer.shutdown());
  const sent = await producer.send({ topic: 'Orders', body: 'one', tags: 'TagA', keys: ['key'] });
  const { consumer, consumed } = await startOurConsumer(namesrvAddr, 'CG', 'Orders');
  ending.push(() => consumer.shutdown());
  await until('the message is consumed and its offset stored', 30_000, async () => {
    const stats = await admin.examineConsumeStats('CG', 'Orders').catch(() => undefined);
    return (
      consumed.length === 1 &&
      [...(stats?.offsetTable.values() ?? [])].some((each) => each.consumerOffset === 1)
    );
  });
  await until('the producer is known', 40_000, async () => {
    const found = await admin.examineProducerConnectionInfo('PG', 'Orders').catch(() => undefined);
    return found !== undefined;
  });
  await admin.updateConsumeOffset(pair.broker.address, 'OFFLINE', { topic: 'Orders', queueId: 0 }, 0);
  const [client] = (await admin.examineConsumerConnectionInfo('CG')).connectionSet;
  return {
    pair,
    names: new Map([
      ['CLIENT', client?.clientId ?? ''],
      ['OFFSETID', sent.offsetMsgId ?? ''],
      ['UNIQUEKEY', sent.msgId],
    ]),
  };
}

const looking = `clusterList;topicList;topicList -c;topicRoute -t Orders;topicStatus -t Orders;topicClusterList -t Orders
consumerProgress;consumerProgress -g CG;consumerConnection -g CG;producerConnection -g PG -t Orders;consumerStatus -g CG
consumerStatus -g CG -i CLIENT;getConsumerStatus -g CG -t Orders;statsAll;brokerStatus -b BROKER;getBrokerConfig -b BROKER
getNamesrvConfig;brokerConsumeStats -b BROKER;queryMsgById -i OFFSETID;queryMsgById -i OFFSETID -g CG -d CLIENT
queryMsgByKey -t Orders -k key;queryMsgByUniqueKey -t Orders -i UNIQUEKEY;queryMsgByOffset -t Orders -b broker-a -i 0 -o 0
printMsg -t Orders;printMsgByQueue -t Orders -a broker-a -i 0 -p true;printMsgByQueue -t Orders -a broker-a -i 0 -f true
consumeMessage -t Orders -b broker-a -i 0;queryCq -t Orders -q 0 -i 0;allocateMQ -t Orders -i 10.0.0.1,10.0.0.2
decodeMessageId -i UNIQUEKEY;decodeMessageId -i OFFSETID;doctor -t Orders;tail -t Orders -b 0 -c 1;completion -s bash
startMonitoring --once;exportMsg -t Orders -f exported;context add one -n 127.0.0.1:9876 --confirm;context list`;
const changing = `updateTopic -c DefaultCluster -t Other;updateTopicPerm -c DefaultCluster -t Orders -p 4
updateTopicPerm -c DefaultCluster -t Orders -p 6;updateOrderConf -m put -t Orders -v broker-a:1;updateOrderConf -m delete -t Orders
updateSubGroup -b BROKER -g Made;updateBrokerConfig -b BROKER -k fileReservedTime -v 71;updateKvConfig -s space -k key -v value
deleteKvConfig -s space -k key;updateNamesrvConfig -k orderMessageEnable -v true;resetOffsetByTime -g OFFLINE -t Orders -s -1
resetOffsetByTime -g CG -t Orders -s 0;skipAccumulatedMessage -g OFFLINE -t Orders;cloneGroupOffset -s CG -d OFFLINE -t Orders
cleanExpiredCQ;cleanUnusedTopic;deleteSubGroup -b BROKER -g Made;deleteTopic -c DefaultCluster -t Orders;wipeWritePerm -b broker-a`;
const sending = `sendMessage -t Orders -p text;queryMsgById -i OFFSETID -s true;checkMsgSendRT -t Orders -a 2 -s 10
sendMsgStatus -b broker-a -c 1 -s 10;clusterRT -s 10 -a 2 --once`;

const lines = (text: string): string[] => text.split(/[;\n]/);

test('every command prints the JSON of the page', { timeout: 600_000 }, async (t) => {
  const { pair, names } = await prepare();
  const fill = (line: string): string =>
    line.replaceAll(/CLIENT|OFFSETID|UNIQUEKEY/g, (name) => names.get(name) ?? '');
  const known = shapes(general);
  const dryKnown = shapes(dry);
  const run = async (
    line: string,
    more: string,
    table: ReadonlyMap<string, Shape>,
  ): Promise<Record<string, unknown>[]> => {
    const { exitCode, output, errors } = await mqadmin(pair, `${fill(line)} ${more}-o json`);
    assert.deepEqual([exitCode, errors], [0, ''], line);
    return check(line, output, table);
  };
  const state = async (): Promise<string> => {
    const commands =
      'topicList;getBrokerConfig -b BROKER;getNamesrvConfig;consumerProgress -g OFFLINE;topicRoute -t Orders';
    const outputs = await Promise.all(
      lines(commands).map(async (line) => (await mqadmin(pair, line)).output),
    );
    return outputs.join('\n');
  };

  for (const line of lines(looking)) await t.test(line, async () => void (await run(line, '', known)));
  await mqadmin(pair, 'updateSubGroup -b BROKER -g OFFLINE');
  const before = await state();
  for (const line of lines(changing)) {
    await t.test(`${line} --dry-run`, async () => {
      for (const document of await run(line, '--dry-run ', dryKnown)) assert.equal(document.dryRun, true);
      const text = await mqadmin(pair, `${line} --dry-run`);
      assert.match(text.output, /would|equals to the old|is not there/);
    });
  }
  assert.equal(await state(), before, '--dry-run has changed something');
  for (const line of lines(sending)) await t.test(line, async () => void (await run(line, '', known)));
  for (const line of lines(changing)) await t.test(line, async () => void (await run(line, '', known)));

  const { output } = await mqadmin(pair, 'help');
  const commands = [...output.matchAll(/^ {3}(\w+) +\S/gm)].map(([, name]) => name ?? '');
  const tried = new Set(lines([looking, sending, changing].join(';')).map((line) => line.split(' ')[0]));
  assert.ok(commands.length > 40);
  assert.deepEqual(
    commands.filter((name) => !tried.has(name) && name !== 'store'),
    [],
  );
  rmSync(join(home, 'exported'), { force: true });
});
