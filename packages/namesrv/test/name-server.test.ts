import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRegisterBrokerBody, ResponseCode } from '@rocketmq-ts/protocol';
import type { RemotingClient } from '@rocketmq-ts/remoting';
import { ADDRESS, HOME, HOST, Scene } from './support/scene.ts';

function registration(name: string, port: number, id = 0, topics = ['T']) {
  const config = (topicName: string) => ({
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG' as const,
    topicSysFlag: 0,
    order: false,
  });
  return {
    code: 103,
    ext: {
      brokerName: name,
      clusterName: 'C',
      brokerId: id,
      brokerAddr: `10.0.0.9:${port}`,
      haServerAddr: `10.0.0.9:${port + 1}`,
    },
    body: encodeRegisterBrokerBody({
      topicConfigSerializeWrapper: {
        dataVersion: { timestamp: 1, counter: 0 },
        topicConfigTable: new Map(topics.map((topic) => [topic, config(topic)])),
      },
      filterServerList: [],
    }),
  };
}

async function routeCode(scene: Scene, client: RemotingClient, topic = 'T'): Promise<number> {
  return (await scene.run(client.invoke(ADDRESS, { code: 105, ext: { topic } }, 3000))).code;
}

test('routes of a broker go at once when its connection closes', async () => {
  const scene = await Scene.start();
  const broker = scene.client('10.0.0.9');
  const reader = scene.client('10.0.0.8');
  await scene.run(broker.invoke(ADDRESS, registration('a', 10911), 3000));
  assert.equal(await routeCode(scene, reader), 0);
  broker.closeConnection(ADDRESS);
  await scene.clock.advance(10);
  assert.equal(await routeCode(scene, reader), ResponseCode.TOPIC_NOT_EXIST);
});

test('a broker that registered anew on another connection outlives the first one', async () => {
  const scene = await Scene.start();
  const [first, second, reader] = [scene.client(), scene.client(), scene.client()];
  await scene.run(first.invoke(ADDRESS, registration('a', 10911), 3000));
  await scene.run(second.invoke(ADDRESS, registration('a', 10911), 3000));
  first.closeConnection(ADDRESS);
  await scene.clock.advance(10);
  assert.equal(await routeCode(scene, reader), 0);
});

test('a broker not heard of for 120 s is dropped and its connection closed; a question about its version keeps it', async () => {
  const scene = await Scene.start();
  const [silent, asking, reader] = [scene.client(), scene.client(), scene.client()];
  await scene.run(silent.invoke(ADDRESS, registration('silent', 10911, 0, ['S']), 3000));
  await scene.run(asking.invoke(ADDRESS, registration('asking', 20911, 0, ['A']), 3000));
  const header = { brokerName: 'asking', clusterName: 'C', brokerId: 0, brokerAddr: '10.0.0.9:20911' };
  const ask = { code: 322, ext: header, body: Buffer.from('{"counter":0,"timestamp":1}') };
  const silentConnection = silent.connection(ADDRESS)!;
  for (let i = 0; i < 7; i++) {
    await scene.clock.advance(20_000);
    await scene.run(asking.invoke(ADDRESS, ask, 3000));
    // Some other traffic, so that it is not idleness that closes the connection.
    if (!silentConnection.closed) await scene.run(silentConnection.invoke({ code: 106 }, 3000));
    if (i === 4) assert.equal(await routeCode(scene, reader, 'S'), 0);
  }
  assert.equal(await routeCode(scene, reader, 'S'), ResponseCode.TOPIC_NOT_EXIST);
  assert.equal(silentConnection.closed, true);
  assert.equal(await routeCode(scene, reader, 'A'), 0);
});

test('a jump of the wall clock drops nobody', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  await scene.run(client.invoke(ADDRESS, registration('a', 10911), 3000));
  scene.clock.jumpWall(10 * 3_600_000);
  await scene.clock.advance(11_000);
  assert.equal(await routeCode(scene, client), 0);
});

test('an address that changes its id is one broker, not two', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  await scene.run(client.invoke(ADDRESS, registration('a', 10911, 0), 3000));
  await scene.run(client.invoke(ADDRESS, registration('a', 20911, 1), 3000));
  await scene.run(client.invoke(ADDRESS, registration('a', 20911, 0), 3000));
  const cluster = await scene.run(client.invoke(ADDRESS, { code: 106 }, 3000));
  assert.match(cluster.body!.toString(), /"brokerAddrs":\{0:"10\.0\.0\.9:20911"\}/);
});

test('clients of 5.x, and those that ask for it, get standard JSON', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  await scene.run(client.invoke(ADDRESS, registration('a', 10911), 3000));
  const asked = await scene.run(
    client.invoke(ADDRESS, { code: 105, ext: { topic: 'T', acceptStandardJsonOnly: true } }, 3000),
  );
  const newer = await scene.send(client, { code: 105, version: 401, ext: { topic: 'T' } });
  for (const answer of [asked, newer!]) {
    const route = JSON.parse(answer.body!.toString());
    assert.deepEqual(route.brokerDatas[0].brokerAddrs, { 0: '10.0.0.9:10911' });
    assert.equal(route.queueDatas[0].topicSynFlag, 0);
  }
});

test('a request without a required field is told so', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  for (const code of [100, 101, 102, 103, 104, 105, 205, 216, 219, 224, 322]) {
    const answer = await scene.run(client.invoke(ADDRESS, { code }, 3000));
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR, `code ${code}`);
    assert.match(answer.remark!, /header field "\w+" is missing/, `code ${code}`);
  }
  for (const body of ['', 'nonsense', '[]', '{"counter":"x"}']) {
    const header = { brokerName: 'a', clusterName: 'C', brokerId: 0, brokerAddr: 'x:1', haServerAddr: 'x:2' };
    const answer = await scene.run(
      client.invoke(ADDRESS, { code: 322, ext: header, body: Buffer.from(body) }, 3000),
    );
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    if (body === '') continue;
    const register = { code: 103, ext: header, body: Buffer.from(body) };
    const refused = await scene.run(client.invoke(ADDRESS, register, 3000));
    assert.equal(refused.code, ResponseCode.SYSTEM_ERROR);
  }
});

test('names that are dangerous elsewhere are only names', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  const names = ['__proto__', 'constructor', 'toString', '../../../x', 'a b', '\u4e2d\u6587', ''];
  await scene.run(client.invoke(ADDRESS, registration('__proto__', 10911, 0, names.slice(0, 6)), 3000));
  for (const name of names.slice(0, 6)) assert.equal(await routeCode(scene, client, name), 0, name);
  await scene.run(
    client.invoke(
      ADDRESS,
      { code: 100, ext: { namespace: '__proto__', key: 'constructor', value: 'v' } },
      3000,
    ),
  );
  const value = await scene.run(
    client.invoke(ADDRESS, { code: 101, ext: { namespace: '__proto__', key: 'constructor' } }, 3000),
  );
  assert.equal(value.ext.get('value'), 'v');
});

test('bounds refuse with a clear answer and keep what there is', async () => {
  const scene = await Scene.start({ maxBrokers: '2', maxRoutes: '3', maxKvConfigBytes: '1024' });
  const client = scene.client();
  const register = (...args: Parameters<typeof registration>) =>
    scene.run(client.invoke(ADDRESS, registration(...args), 3000));
  assert.equal((await register('a', 1, 0, ['T1', 'T2'])).code, 0);
  const routes = await register('b', 2, 0, ['T1', 'T2']);
  assert.equal(routes.code, ResponseCode.SYSTEM_ERROR);
  assert.match(routes.remark!, /maxRoutes is 3/);
  assert.equal((await register('c', 3, 0, [])).code, 0);
  assert.match((await register('d', 4, 0, [])).remark!, /there are 2 already, maxBrokers is 2/);
  const put = { code: 100, ext: { namespace: 'N', key: 'k', value: 'v'.repeat(2000) } };
  assert.match((await scene.run(client.invoke(ADDRESS, put, 3000))).remark!, /maxKvConfigBytes is 1024/);
  assert.equal(await routeCode(scene, client, 'T1'), 0);
});

test('KV configuration survives a restart, and a crash right after the answer', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  const put = { code: 100, ext: { namespace: 'N', key: 'k', value: 'v' } };
  await scene.run(client.invoke(ADDRESS, put, 3000));
  assert.equal(scene.fileSystem.existsSync(`${HOME}/namesrv/kvConfig.json`), true);
  await scene.run(scene.nameServer.stop());
  await scene.restart();
  const answer = await scene.run(scene.client().invoke(ADDRESS, { code: 101, ext: put.ext }, 3000));
  assert.equal(answer.ext.get('value'), 'v');
});

test('changes over the network: allowed ones take effect and are written, others change nothing', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  const update = async (text: string) =>
    scene.run(client.invoke(ADDRESS, { code: 318, body: Buffer.from(text) }, 3000));
  assert.equal((await update('orderMessageEnable=true\nclusterTest=false\n')).code, 0);
  assert.equal(scene.nameServer.config.values.orderMessageEnable, true);
  const file = `${HOME}/namesrv/namesrv.properties`;
  assert.equal(scene.fileSystem.readFileSync(file).toString(), 'orderMessageEnable=true\n');
  for (const [text, why] of [
    ['kvConfigPath=/etc/passwd\n', /kvConfigPath cannot be changed over the network/],
    ['orderMessageEnable=false\nlistenPort=1\n', /listenPort cannot be changed/],
    ['orderMessageEnable=maybe\n', /must be true or false/],
    ['noSuchKey=1\n', /unknown configuration key noSuchKey/],
  ] as const) {
    const refused = await update(text);
    assert.equal(refused.code, ResponseCode.SYSTEM_ERROR);
    assert.match(refused.remark!, why);
  }
  assert.equal(scene.nameServer.config.values.orderMessageEnable, true);
  await update('orderMessageEnable=false\nbrokerExpireMs=5000\n');
  assert.equal(
    scene.fileSystem.readFileSync(file).toString(),
    'orderMessageEnable=false\nbrokerExpireMs=5000\n',
  );
});

test('a free port is taken and told; stopping frees it', async () => {
  const scene = await Scene.start({ listenPort: '0' });
  const port = scene.nameServer.port;
  assert.ok(port > 0);
  assert.equal(scene.nameServer.config.values.listenPort, port);
  const client = scene.client();
  assert.equal((await scene.run(client.invoke(`${HOST}:${port}`, { code: 106 }, 3000))).code, 0);
  await scene.run(scene.nameServer.stop());
  await scene.restart({ listenPort: String(port) });
});
