/** A whole master and a whole slave, on real sockets and a real disk. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingClient, RemotingServer } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { pullFields, sendFields } from '../rig/broker-rig.ts';
import { testHost } from '../support/host-facts.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from './replication-rig.ts';

const platform = realPlatform();
let client: RemotingClient;

before(() => {
  client = new RemotingClient({ platform });
});
after(() => client.close(0));

class Folders {
  readonly root = temporaryFolder();
  readonly logger = new RecordingLogger();
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
  }

  async start(name: string, given: Record<string, string>): Promise<Broker> {
    const settings = {
      ...{ brokerName: 'broker-a', brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1', listenHost: '127.0.0.1' },
      ...{ listenPort: '0', mapedFileSizeCommitLog: '1048576', maxMessageSize: '65536' },
      ...{ zeroAheadBytes: '1048576', storePathRootDir: join(this.root, name) },
      ...given,
    };
    const config = BrokerConfig.load({
      host: { ...testHost, homeFolder: this.root },
      overrides: new Map(Object.entries(settings)),
    });
    const broker = await Broker.start(platform, config, { logger: this.logger });
    this.#t.after(() => broker.stop());
    return broker;
  }

  master(given: Record<string, string> = {}): Promise<Broker> {
    return this.start('master', given);
  }

  slaveOf(master: Broker, given: Record<string, string> = {}): Promise<Broker> {
    const haMasterAddress = `127.0.0.1:${master.port + 1}`;
    return this.start('slave', { brokerRole: 'SLAVE', brokerId: '1', haMasterAddress, ...given });
  }
}

function ask(
  broker: Broker,
  code: number,
  ext: Record<string, string | number | boolean> = {},
  body?: Buffer,
) {
  return client.invoke(`127.0.0.1:${broker.port}`, { code, ext, body }, 60_000);
}

function send(broker: Broker, topic: string, body: string) {
  return ask(broker, RequestCode.SEND_MESSAGE_V2, sendFields(topic), Buffer.from(body));
}

function pull(broker: Broker, topic: string, queueOffset: number, suspendTimeoutMillis = '0') {
  const sysFlag = suspendTimeoutMillis === '0' ? '4' : '6';
  const fields = pullFields(topic, queueOffset, { sysFlag, subscription: '*', suspendTimeoutMillis });
  return ask(broker, RequestCode.PULL_MESSAGE, fields);
}

async function maxOffset(broker: Broker, topic: string): Promise<number> {
  return Number((await ask(broker, RequestCode.GET_MAX_OFFSET, { topic, queueId: 1 })).ext.get('offset'));
}

test('a slave has the messages, topics, groups and offsets of its master, and takes no sends', async (t) => {
  const folders = new Folders(t);
  const master = await folders.master();
  for (let i = 0; i < 20; i++) await send(master, 'Before', `m${i}`);
  const queue = { consumerGroup: 'G', topic: 'Before', queueId: 1 };
  await ask(master, RequestCode.UPDATE_CONSUMER_OFFSET, { ...queue, commitOffset: 7 });
  const slave = await folders.slaveOf(master);
  await until('it follows', () => slave.followsMaster);
  await send(master, 'After', 'later');
  await until(
    'the bytes',
    () => master.slaves[0]?.ackedOffset !== undefined && master.slaves[0].ackedOffset > 0,
  );
  await slave.synchronize();
  while ((await maxOffset(slave, 'After')) < 1) await slave.synchronize();
  assert.equal(await maxOffset(slave, 'Before'), 20);
  assert.equal((await ask(slave, RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '7');
  const found = await pull(slave, 'After', 0);
  assert.equal(found.code, ResponseCode.SUCCESS, found.remark);
  assert.match(found.body!.toString('latin1'), /later/);
  assert.equal(found.ext.get('suggestWhichBrokerId'), '0', 'without slaveReadEnable it names the master');
  const refused = await send(slave, 'After', 'no');
  assert.equal(refused.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.equal(refused.code, 14);
  const topics = (broker: Broker) => ask(broker, RequestCode.GET_ALL_TOPIC_CONFIG);
  assert.deepEqual((await topics(slave)).body, (await topics(master)).body);
});

test('a pull held by a slave is answered when the message has been copied', async (t) => {
  const folders = new Folders(t);
  const master = await folders.master();
  await send(master, 'T', 'first');
  const slave = await folders.slaveOf(master, { slaveReadEnable: 'true' });
  await until('it follows', () => slave.followsMaster);
  while ((await maxOffset(slave, 'T')) < 1) await slave.synchronize();
  const held = pull(slave, 'T', 1, '30000');
  await send(master, 'T', 'second');
  const answer = await held;
  assert.equal(answer.code, ResponseCode.SUCCESS, answer.remark);
  assert.match(answer.body!.toString('latin1'), /second/);
});

test('a SYNC_MASTER: no slave, a slave, a slave that stops; then its copy is promoted', async (t) => {
  const folders = new Folders(t);
  const master = await folders.master({ brokerRole: 'SYNC_MASTER', syncFlushTimeout: '30000' });
  assert.equal((await send(master, 'T', 'alone')).code, ResponseCode.SLAVE_NOT_AVAILABLE);
  const slave = await folders.slaveOf(master);
  await until('it has reported', () => (master.slaves[0]?.ackedOffset ?? -1) >= 0);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => send(master, 'T', `m${i}`)));
  assert.deepEqual(new Set(answers.map(({ code }) => code)), new Set([ResponseCode.SUCCESS]));
  await ask(master, RequestCode.UPDATE_CONSUMER_OFFSET, {
    consumerGroup: 'G',
    ...{ topic: 'T', queueId: 1, commitOffset: 42 },
  });
  await slave.synchronize();
  await slave.stop();
  await until('it is gone', () => master.slaves.length === 0);
  assert.equal((await send(master, 'T', 'alone')).code, ResponseCode.SLAVE_NOT_AVAILABLE);
  await master.stop();

  const promoted = await folders.start('slave', {});
  assert.equal(await maxOffset(promoted, 'T'), 201);
  const queue = { consumerGroup: 'G', topic: 'T', queueId: 1 };
  assert.equal((await ask(promoted, RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '42');
  assert.equal((await send(promoted, 'T', 'on')).ext.get('queueOffset'), '201');
  // The old master holds a message that the new one never had: it may not join.
  const old = await folders.start('master', {
    ...{ brokerRole: 'SLAVE', brokerId: '2', haMasterAddress: `127.0.0.1:${promoted.port + 1}` },
  });
  const said = () => folders.logger.complaints().some((line) => /histor/.test(line));
  await until('it is refused', said);
  assert.equal(await maxOffset(old, 'T'), 202);
});

test('name servers tell a slave where its master is', async (t) => {
  const folders = new Folders(t);
  const master = await folders.master();
  const nameServer = new RemotingServer({ platform, host: '127.0.0.1', ports: [0] });
  const ext = { haServerAddr: `127.0.0.1:${master.port + 1}`, masterAddr: `127.0.0.1:${master.port}` };
  nameServer.handle(RequestCode.REGISTER_BROKER, () => ({ code: ResponseCode.SUCCESS, ext }));
  nameServer.handle(RequestCode.UNREGISTER_BROKER, () => ({ code: ResponseCode.SUCCESS }));
  await nameServer.start();
  t.after(() => nameServer.stop(0));
  const slave = await folders.start('slave', {
    ...{ brokerRole: 'SLAVE', brokerId: '1', namesrvAddr: `127.0.0.1:${nameServer.port}` },
  });
  await until('it follows', () => slave.followsMaster);
  await send(master, 'T', 'hello');
  while ((await maxOffset(slave, 'T')) < 1) await slave.synchronize();
  assert.equal(await maxOffset(slave, 'T'), 1);
});

test('only listed addresses may copy; with access control and no list, only trusted ones', async (t) => {
  const folders = new Folders(t);
  const listed = await folders.master({ haAllowedAddresses: '10.1.2.*;10.1.3.4' });
  const slave = await folders.slaveOf(listed);
  await until('it is refused', () =>
    folders.logger.complaints().some((line) => /haAllowedAddresses/.test(line)),
  );
  await slave.stop();
  await listed.stop();

  const conf = join(folders.root, 'conf');
  mkdirSync(conf);
  const acl = join(conf, 'plain_acl.yml');
  writeFileSync(acl, 'globalWhiteRemoteAddresses:\n- 10.9.9.9\naccounts:\n');
  const guarded = await folders.start('guarded', { aclEnable: 'true', rocketmqHome: folders.root });
  const before = folders.logger.complaints().length;
  const stranger = await folders.slaveOf(guarded);
  await until('it is refused', () =>
    folders.logger
      .complaints()
      .slice(before)
      .some((line) => /haAllowedAddresses/.test(line)),
  );
  assert.deepEqual(guarded.slaves, []);
  await stranger.stop();
  writeFileSync(acl, 'globalWhiteRemoteAddresses:\n- 127.0.0.1\naccounts:\n');
  await until('the change is seen', () =>
    folders.logger.lines.some(({ message }) => /access control reloaded/.test(message)),
  );
  await folders.slaveOf(guarded);
  await until('it is trusted', () => guarded.slaves.length === 1);
});

test('how far the master has delivered delayed messages is kept for a promotion', async (t) => {
  const folders = new Folders(t);
  const master = await folders.master();
  const delayed = sendFields('T', { i: 'DELAY\x011\x02' });
  await ask(master, RequestCode.SEND_MESSAGE_V2, delayed, Buffer.from('late'));
  const slave = await folders.slaveOf(master);
  await until('it follows', () => slave.followsMaster);
  const file = join(folders.root, 'slave', 'config', 'delayOffset.json');
  const isKept = () => existsSync(file) && /"?1"?:1/.test(readFileSync(file, 'utf8'));
  for (; !isKept(); await new Promise((resolve) => setTimeout(resolve, 20))) await slave.synchronize();
  assert.equal(await maxOffset(master, 'T'), 1);
});
