import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import {
  crc32,
  decodeRegisterBrokerBody,
  encodeKVTable,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient, RemotingServer, type Request } from '@rocketmq-ts/remoting';
import { TopicKey } from '@rocketmq-ts/store';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { NameServers, type RegisterResult } from '../../src/registration/name-servers.ts';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { TopicConfigTable } from '../../src/topic/topic-config-table.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

/** A name server that keeps what it is told. */
class FakeNameServer {
  readonly told: Request[] = [];
  changed = false;
  order = new Map<string, string>();
  readonly #server: RemotingServer;

  constructor(platform: Platform) {
    this.#server = new RemotingServer({ platform, host: '0.0.0.0', ports: [9876] });
    const ok = { code: ResponseCode.SUCCESS };
    this.#server.handle(RequestCode.REGISTER_BROKER, (request) => {
      this.told.push(request);
      const body = this.order.size > 0 ? encodeKVTable({ table: this.order }) : undefined;
      return { ...ok, ext: { haServerAddr: 'ha:1', masterAddr: 'm:2' }, body };
    });
    this.#server.handle(RequestCode.UNREGISTER_BROKER, (request) => {
      this.told.push(request);
      return ok;
    });
    this.#server.handle(RequestCode.QUERY_DATA_VERSION, (request) => {
      this.told.push(request);
      return { ...ok, ext: { changed: this.changed } };
    });
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop(0);
  }

  codes(): number[] {
    return this.told.map((request) => request.code);
  }

  topicsOf(index: number): string[] {
    const request = this.told.at(index)!;
    const compressed = request.ext.get('compressed') === 'true';
    const body = decodeRegisterBrokerBody(request.body, compressed);
    return [...body.topicConfigSerializeWrapper.topicConfigTable.keys()];
  }

  counterOf(index: number): number {
    return decodeRegisterBrokerBody(this.told.at(index)!.body).topicConfigSerializeWrapper.dataVersion
      .counter;
  }
}

async function setUp(given: Partial<ConfigValues> = {}, serverCount = 2) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: new SimRandom(1) });
  const platformOf = (host: string): Platform => ({
    clock,
    fileSystem: undefined as never,
    network: network.host(host),
    random: new SimRandom(2),
    turn: new Turn(clock),
  });
  const servers: FakeNameServer[] = [];
  const restart = async (index: number): Promise<FakeNameServer> => {
    const server = new FakeNameServer(platformOf(`10.0.0.${index + 1}`));
    await clock.run(server.start());
    servers[index] = server;
    return server;
  };
  for (let i = 0; i < serverCount; i++) await restart(i);
  const platform = platformOf('10.0.0.100');
  const logger = new RecordingLogger();
  const config = testValues({ listenPort: 10911, haListenPort: 10912, ...given });
  const results: RegisterResult[] = [];
  const client: RemotingClient = new RemotingClient({
    platform,
    onConnect: (connection, address) => connection.onClose(() => nameServers.connectionLost(address)),
  });
  const topics: TopicConfigTable = new TopicConfigTable({
    clock,
    logger,
    config,
    storeTopic: (name) => new TopicKey(name, Buffer.from(name)),
    onDirty() {},
    onChange: (topic) => nameServers.topicChanged(topic),
  });
  const nameServers: NameServers = new NameServers({
    platform,
    logger,
    config,
    topics,
    client,
    onRegistered: (result) => results.push(result),
  });
  nameServers.setAddresses(servers.map((_, index) => `10.0.0.${index + 1}:9876`).join(';'));
  return { clock, network, servers, restart, logger, config, topics, nameServers, results };
}

test('every name server is told everything', async () => {
  const { clock, servers, topics, nameServers, results, logger } = await setUp();
  await clock.run(nameServers.registerAll(true));
  for (const server of servers) {
    assert.deepEqual(server.codes(), [RequestCode.REGISTER_BROKER]);
    const { ext, body } = server.told[0]!;
    assert.deepEqual(Object.fromEntries(ext), {
      brokerName: 'broker-a',
      brokerAddr: '192.0.2.10:10911',
      clusterName: 'DefaultCluster',
      haServerAddr: '192.0.2.10:10912',
      brokerId: '0',
      compressed: 'false',
      bodyCrc32: String(crc32(body, 0, body.length)),
    });
    assert.deepEqual(server.topicsOf(0), [...topics.names()]);
  }
  assert.deepEqual(results[0], { haServerAddr: 'ha:1', masterAddr: 'm:2' });
  assert.deepEqual(logger.complaints(), []);
});

test('a dead name server is logged once and delays nobody', async () => {
  const { clock, network, servers, nameServers, logger } = await setUp();
  nameServers.setAddresses('10.0.0.1:9876;10.0.0.2:9876;10.0.0.9:9876');
  network.partition('10.0.0.2', '10.0.0.100');
  const start = clock.monotonicMs();
  await clock.run(nameServers.registerAll(true));
  assert.ok(clock.monotonicMs() - start <= 60, `${clock.monotonicMs() - start} ms`);
  assert.equal(servers[0]!.told.length, 1);
  for (let i = 0; i < 5; i++) {
    await clock.advance(10_000);
    await clock.run(nameServers.registerAll(true));
  }
  await clock.advance(10_000);
  const dead = logger.complaints().filter((line) => line.includes('10.0.0.9'));
  assert.equal(dead.length, 1, dead.join('\n'));
});

test('a connection that died without a word is given up when it does not answer, and made anew', async () => {
  const { clock, network, servers, nameServers } = await setUp({}, 1);
  await clock.run(nameServers.registerAll(true));
  network.lose('10.0.0.100', '10.0.0.1');
  await clock.run(nameServers.registerAll(true));
  assert.equal(servers[0]!.told.length, 1);
  await clock.advance(10_000);
  await clock.run(nameServers.registerAll(true));
  assert.ok(servers[0]!.told.length >= 2);
});

test('a new topic alone is told one-way, all of one turn in one frame', async () => {
  const { clock, servers, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  topics.update(newTopicConfig('T'));
  topics.update(newTopicConfig('U'));
  await clock.advance(10);
  assert.equal(servers[0]!.told.length, 2);
  assert.equal(servers[0]!.told[1]!.oneway, true);
  assert.deepEqual(servers[0]!.topicsOf(1), ['T', 'U']);
  assert.equal(servers[0]!.counterOf(1), 2);
});

test('the whole table has a new version only after a change that may be lost', async () => {
  const { clock, network, servers, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  topics.update(newTopicConfig('T'));
  await clock.advance(10);
  await clock.run(nameServers.registerAll(true));
  assert.equal(servers[0]!.counterOf(2), 1);
  topics.update(newTopicConfig('U'));
  network.partition('10.0.0.2', '10.0.0.100');
  await clock.run(nameServers.changesTaken());
  await clock.advance(10_000);
  await clock.run(nameServers.registerAll(true));
  assert.equal(servers[0]!.counterOf(-1), 3);
});

test('changesTaken resolves once the change has been answered', async () => {
  const { clock, servers, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  topics.update(newTopicConfig('T'));
  await clock.run(nameServers.changesTaken());
  assert.deepEqual(servers[1]!.topicsOf(1), ['T']);
  assert.equal(servers[1]!.told[1]!.oneway, false);
  await clock.advance(10);
  assert.equal(servers[1]!.told.length, 2);
});

test('changes of one turn are told in one frame, and everybody who waits for his waits for its answer', async () => {
  const { clock, servers, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  const toldBefore: number[] = [];
  const make = async (name: string): Promise<void> => {
    topics.update(newTopicConfig(name));
    await nameServers.changesTaken();
    toldBefore.push(...servers.map((server) => server.told.length));
  };
  await clock.run(Promise.all(['T', 'U', 'V'].map(make)));
  assert.deepEqual(toldBefore, Array(6).fill(2));
  assert.deepEqual(servers[0]!.topicsOf(1), ['T', 'U', 'V']);
  assert.equal(servers[0]!.told[1]!.oneway, false);
});

test('a restarted name server gets the whole table again, and only then single topics', async () => {
  const { clock, servers, restart, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  await clock.run(servers[1]!.stop());
  const fresh = await restart(1);
  topics.update(newTopicConfig('T'));
  await clock.advance(10);
  assert.equal(fresh.told.length, 0);
  await clock.advance(3_000);
  await clock.run(nameServers.registerMissing());
  assert.deepEqual(fresh.topicsOf(0), [...topics.names()]);
  assert.equal(servers[0]!.told.length, 2);
});

test('without forceRegister only a server with another version is told', async () => {
  const { clock, servers, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  servers[0]!.changed = true;
  await clock.run(nameServers.registerAll(false));
  const { QUERY_DATA_VERSION, REGISTER_BROKER } = RequestCode;
  assert.deepEqual(servers[0]!.codes(), [REGISTER_BROKER, QUERY_DATA_VERSION, REGISTER_BROKER]);
  assert.deepEqual(servers[1]!.codes(), [REGISTER_BROKER, QUERY_DATA_VERSION]);
});

test('the permissions of a broker hide those of its topics', async () => {
  const { clock, servers, config, nameServers } = await setUp();
  config.brokerPermission = 4;
  await clock.run(nameServers.registerAll(true));
  const { topicConfigTable } = decodeRegisterBrokerBody(
    servers[0]!.told[0]!.body,
  ).topicConfigSerializeWrapper;
  for (const topic of topicConfigTable.values()) assert.equal(topic.perm, 4);
});

test('a compressed registration is understood', async () => {
  const { clock, servers, topics, nameServers } = await setUp({ compressedRegister: true });
  await clock.run(nameServers.registerAll(true));
  assert.deepEqual(servers[0]!.topicsOf(0), [...topics.names()]);
});

test('the order of topics comes back with the registration', async () => {
  const { clock, servers, topics, nameServers } = await setUp();
  servers[0]!.order.set('SELF_TEST_TOPIC', 'broker-a:1');
  servers[1]!.order.set('SELF_TEST_TOPIC', 'broker-a:1');
  await clock.run(nameServers.registerAll(true));
  assert.equal(topics.isOrderTopic('SELF_TEST_TOPIC'), true);
});

test('unregistering tells everybody who knows, and nothing is told after it', async () => {
  const { clock, servers, topics, nameServers } = await setUp();
  await clock.run(nameServers.registerAll(true));
  await clock.run(nameServers.unregisterAll());
  topics.update(newTopicConfig('T'));
  await clock.run(nameServers.registerAll(true));
  await clock.advance(10);
  for (const server of servers) {
    assert.deepEqual(server.codes(), [RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER]);
  }
});
