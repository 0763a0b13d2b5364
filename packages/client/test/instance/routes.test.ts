/** Routes, broker addresses and client ids. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Producer } from '@rocketmq-ts/client';
import { RequestCode } from '@rocketmq-ts/protocol';
import { parseNamesrvAddr, resolveClientConfig } from '../../src/client-options.ts';
import { BrokerAddresses, vipChannel } from '../../src/instance/broker-addresses.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

test('name server lists', () => {
  assert.deepEqual(parseNamesrvAddr(' a:1 ; b:2;a:1; '), ['a:1', 'b:2']);
  assert.deepEqual(parseNamesrvAddr(['a:1', '[::1]:9876']), ['a:1', '[::1]:9876']);
  for (const bad of ['a', 'a:', 'a:x', 'a:70000', ':1', 'http://a:1']) {
    assert.throws(() => parseNamesrvAddr(bad), /is not host:port/, bad);
  }
});

test('client ids: address, instance, unit', () => {
  const platform = new SimWorld().platform('10.0.0.1');
  const options = { namesrvAddr: 'a:1', clientIP: '10.0.0.1', platform };
  assert.equal(
    resolveClientConfig({ ...options, instanceName: 'i', unitName: 'u' }, true).clientId,
    '10.0.0.1@i@u',
  );
  assert.equal(resolveClientConfig(options, false).clientId, '10.0.0.1@DEFAULT');
  const unique = resolveClientConfig(options, true).clientId;
  assert.match(unique, new RegExp(`^10\\.0\\.0\\.1@${process.pid}#[0-9a-z]+$`));
  assert.equal(resolveClientConfig(options, true).clientId, unique, 'one per process');
  assert.throws(
    () => resolveClientConfig({ ...options, heartbeatBrokerInterval: 0 }, true),
    /heartbeatBrokerInterval/,
  );
});

test('the VIP channel is two ports below', () => {
  assert.equal(vipChannel(true, '10.0.0.1:10911'), '10.0.0.1:10909');
  assert.equal(vipChannel(false, '10.0.0.1:10911'), '10.0.0.1:10911');
  assert.equal(vipChannel(true, '[::1]:10911'), '[::1]:10909');
});

test('which broker is pulled from', () => {
  const brokers = new BrokerAddresses();
  assert.equal(
    brokers.put(
      'a',
      new Map([
        [1, 's:1'],
        [0, 'm:1'],
      ]),
    ),
    true,
  );
  assert.equal(
    brokers.put(
      'a',
      new Map([
        [0, 'm:1'],
        [1, 's:1'],
      ]),
    ),
    false,
    'nothing new',
  );
  assert.deepEqual(brokers.toPullFrom('a', 1), { address: 's:1', slave: true });
  assert.deepEqual(brokers.toPullFrom('a', 7), { address: 'm:1', slave: false });
  assert.equal(brokers.any('a'), 'm:1');
  brokers.put('a', new Map([[1, 's:1']]));
  assert.equal(brokers.master('a'), undefined);
  assert.deepEqual(brokers.toPullFrom('a', 0), { address: 's:1', slave: true });
  brokers.retain((address) => address !== 's:1');
  assert.equal(brokers.any('a'), undefined);
  assert.equal(brokers.toPullFrom('a', 0), undefined);
});

test('a changed route is learned within half a minute; a name server that is down changes nothing', async () => {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['a', 'b']);
  const [a, b] = cluster.brokers;
  assert.ok(a && b);
  cluster.createTopic('T', 1, [a]);
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
  });
  await producer.start();
  const send = async (): Promise<string> =>
    (await world.run(producer.send({ topic: 'T', body: 'x' }))).messageQueue.brokerName;
  assert.equal(await send(), 'a');
  cluster.createTopic('T', 1, [b]);
  await world.advance(30_100);
  assert.equal(await send(), 'b');
  assert.ok(b.count(RequestCode.HEART_BEAT) >= 1, 'a new broker hears a heartbeat at once');
  world.network.crash('10.0.1.1');
  await world.advance(90_000);
  assert.equal(await send(), 'b');
  assert.ok(world.log.count('the route of topic T could not be fetched') >= 1);
  await world.run(producer.shutdown());
});

test('when the only broker moves, a failed send leads to its new address before the timer does', async () => {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['a', 'b']);
  const [a, b] = cluster.brokers;
  assert.ok(a && b);
  cluster.createTopic('T', 1, [a]);
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
  });
  await producer.start();
  await world.run(producer.send({ topic: 'T', body: 'x' }));
  await world.advance(2000);
  world.network.crash(a.host);
  cluster.createTopic('T', 1, [b]);
  await world.run(producer.send({ topic: 'T', body: 'x' }).catch(() => undefined));
  await world.advance(100);
  assert.equal((await world.run(producer.send({ topic: 'T', body: 'x' }))).messageQueue.brokerName, 'b');
  await world.run(producer.shutdown());
});
