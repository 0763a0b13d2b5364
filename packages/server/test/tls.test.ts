/** Name server, broker and clients of one process over TLS. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type ClientOptions, Producer, PushConsumer } from '@rocketmq-ts/client';
import { createCertificate, realPlatform, silentLogger } from '@rocketmq-ts/platform';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { OneProcessServer } from '../src/one-process-server.ts';
import { selfCheck } from '../src/self-check.ts';
import { startTestBroker } from '../src/test-broker.ts';
import { temporaryFolder } from './temporary-folder.ts';

const DAY_MS = 86_400_000;
const valid = { validFromMs: Date.now() - DAY_MS, validUntilMs: Date.now() + DAY_MS };

/** Settings with an authority, and a certificate of it for 127.0.0.1 that servers and clients show. */
function keys(): Record<string, string> {
  const folder = temporaryFolder();
  const authority = createCertificate({ commonName: 'CA', isAuthority: true, ...valid });
  const own = createCertificate({ commonName: 'own', names: ['127.0.0.1'], issuer: authority, ...valid });
  const write = (name: string, content: string): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const keyPath = write('own.key', own.keyPem);
  const certPath = write('own.crt', own.certificatePem);
  const trustCertPath = write('ca.crt', authority.certificatePem);
  return {
    'tls.config.file': write('tls.properties', ''),
    'tls.server.keyPath': keyPath,
    'tls.server.certPath': certPath,
    'tls.server.trustCertPath': trustCertPath,
    'tls.client.keyPath': keyPath,
    'tls.client.certPath': certPath,
    'tls.client.trustCertPath': trustCertPath,
  };
}

test('enforcing, with client certificates: a message goes through name server and broker encrypted', async () => {
  const config: Record<string, string> = {
    ...keys(),
    'tls.server.mode': 'enforcing',
    'tls.server.need.client.auth': 'require',
  };
  await using broker = await startTestBroker({ config });
  const trustCertPath = config['tls.client.trustCertPath'];
  const tls = {
    trustCertPath,
    keyPath: config['tls.client.keyPath'],
    certPath: config['tls.client.certPath'],
  };
  const common: ClientOptions = { namesrvAddr: broker.namesrvAddr, useTLS: true, tls, logger: silentLogger };
  await using consumer = new PushConsumer({
    ...common,
    consumerGroup: 'tls_consumers',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  const received = new Promise<string>((resolve) => {
    consumer.registerMessageListener((messages) => resolve(messages[0]!.body.toString()));
  });
  consumer.subscribe('TlsTopic');
  await using producer = new Producer({
    ...common,
    producerGroup: 'tls_producers',
    sendMsgTimeout: 60_000,
  });
  await producer.start();
  const sent = await producer.send({ topic: 'TlsTopic', body: 'secret' });
  assert.equal(sent.sendStatus, 'SEND_OK');
  await consumer.start();
  assert.equal(await received, 'secret');

  const platform = realPlatform();
  const plain = new RemotingClient({ platform });
  for (const address of [broker.namesrvAddr, broker.brokerAddr]) {
    await assert.rejects(plain.invoke(address, { code: 105, ext: { topic: 'TlsTopic' } }, 60_000), {
      code: 'REMOTING_SEND_REQUEST',
    });
  }
  await plain.close(0);
  // Shown no certificate.
  await using stranger = new Producer({
    ...common,
    tls: { trustCertPath },
    producerGroup: 'strangers',
    instanceName: 'stranger',
  });
  await stranger.start();
  await assert.rejects(stranger.send({ topic: 'TlsTopic', body: 'x' }, { timeoutMs: 1000 }));
});

test('permissive: clients with and without TLS side by side', async () => {
  const config = keys();
  await using broker = await startTestBroker({ config });
  const { namesrvAddr } = broker;
  for (const more of [{}, { tls: { trustCertPath: config['tls.client.trustCertPath'] } }]) {
    const instanceName = JSON.stringify(more);
    await using producer = new Producer({
      namesrvAddr,
      producerGroup: 'either',
      sendMsgTimeout: 60_000,
      instanceName,
      logger: silentLogger,
      ...more,
    });
    await producer.start();
    assert.equal((await producer.send({ topic: 'TlsTopic', body: 'x' })).sendStatus, 'SEND_OK');
  }
});

test('test mode: npm start checks itself over TLS', async (t) => {
  const server = await OneProcessServer.start({
    dataFolder: temporaryFolder(),
    namesrvPort: 0,
    brokerPort: 0,
    brokerConfig: {
      'tls.server.mode': 'enforcing',
      'tls.test.mode.enable': true,
      mapedFileSizeCommitLog: 1 << 24,
    },
  });
  t.after(() => server.stop());
  assert.equal(server.clientTls?.testMode, true);
  await selfCheck(server.namesrvAddr, server.clientTls);
});

test('no start: a key is missing, or a setting is misspelt', async () => {
  const start = (config: Record<string, string>) => startTestBroker({ config });
  await assert.rejects(start({ 'tls.server.mode': 'enforcing' }), {
    code: 'TLS_SETTING',
    message: /tls\.server\.mode=enforcing needs a key/,
  });
  await assert.rejects(start({ ...keys(), 'tls.server.keyPath': '/no/such/key' }), { code: 'TLS_FILE' });
  await assert.rejects(start({ 'tls.server.mod': 'enforcing' }), /there is no TLS setting tls\.server\.mod/);
});
