/**
 * TLS between ours and the official 4.4.0 programs, in both directions: in 4.4.0's test mode, and with keys and
 * certificates on both sides. Servers are enforcing, so that what comes through was encrypted.
 *
 * The official servers cannot be in test mode themselves: Netty 4.0.42 makes its certificate with classes that a JDK 17 no
 * longer has in that form. A certificate that nobody signed stands in for it.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { createCertificate, realPlatform, silentLogger } from '@rocketmq-ts/platform';
import { RemotingClient, type TlsClientSettings } from '@rocketmq-ts/remoting';
import { runJavaMain, startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { checksTests, startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, type Pair, until } from './harness/pair.ts';
import { type StartBroker, type StartNamesrv, temporaryFolder } from './harness/server.ts';

const COUNT = 50;
const DAY_MS = 86_400_000;
const valid = { validFromMs: Date.now() - DAY_MS, validUntilMs: Date.now() + 10 * DAY_MS };
const folder = temporaryFolder('tls');
const authority = createCertificate({ commonName: 'interop CA', isAuthority: true, ...valid });
const server = createCertificate({
  commonName: 'server',
  names: ['localhost', '127.0.0.1'],
  issuer: authority,
  ...valid,
});
const client = createCertificate({ commonName: 'client', issuer: authority, ...valid });

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const trustCertPath = write('ca.crt', authority.certificatePem);
const ourClientFiles = {
  trustCertPath,
  keyPath: write('client.key', client.keyPem),
  certPath: write('client.crt', client.certificatePem),
};

/** The same settings for the programs of both kinds: `-c` lines of ours, system properties of Java's. */
const KEYS: Readonly<Record<string, string>> = {
  'tls.config.file': write('none.properties', ''),
  'tls.server.mode': 'enforcing',
  'tls.test.mode.enable': 'false',
  'tls.server.keyPath': write('server.key', server.keyPem),
  'tls.server.certPath': write('server.crt', server.certificatePem),
  'tls.server.need.client.auth': 'require',
  'tls.server.authClient': 'true',
  'tls.server.trustCertPath': trustCertPath,
  'tls.enable': 'true',
  'tls.client.authServer': 'true',
  'tls.client.trustCertPath': trustCertPath,
  'tls.client.keyPath': ourClientFiles.keyPath,
  'tls.client.certPath': ourClientFiles.certPath,
};

const TEST_MODE: Readonly<Record<string, string>> = {
  'tls.config.file': KEYS['tls.config.file']!,
  'tls.server.mode': 'enforcing',
  'tls.test.mode.enable': 'true',
  'tls.enable': 'true',
};

async function start(
  startNamesrv: StartNamesrv,
  startBroker: StartBroker,
  settings: Readonly<Record<string, string>>,
): Promise<Pair> {
  const ours = startNamesrv === startOurNamesrv && !checksTests;
  const options = ours ? { config: settings } : { javaProperties: settings };
  const namesrv = await startNamesrv(options);
  const broker = await startBroker({ namesrvAddr: namesrv.address, ...options });
  const pair = { namesrv, broker };
  after(() => killPair(pair));
  return pair;
}

async function javaRoundTrip(pair: Pair, settings: Readonly<Record<string, string>>): Promise<void> {
  const namesrvAddr = pair.namesrv.address;
  const bodies = Array.from({ length: COUNT }, (_, i) => `java ${i} ${'x'.repeat(i * 100)}`);
  const lines = bodies.map((body) =>
    JSON.stringify({ properties: {}, flag: 0, body: Buffer.from(body).toString('base64') }),
  );
  const file = write('messages.jsonl', lines.join('\n'));
  const sent = await runJavaMain('SendFile', [namesrvAddr, 'JavaTls', 'sync', file], {
    properties: settings,
  });
  assert.equal(sent.filter((line) => line.includes('SEND_OK')).length, COUNT);
  const consumed = await runJavaMain(
    'Consume',
    [namesrvAddr, 'CG_JAVA_TLS', 'JavaTls', '*', String(COUNT), '300'],
    { properties: settings },
  );
  const received = consumed
    .filter((line) => line.startsWith('{'))
    .map((line) => Buffer.from(JSON.parse(line).body, 'base64').toString());
  assert.deepEqual([...new Set(received)].sort(), bodies.toSorted());
}

async function ourRoundTrip(pair: Pair, tls: TlsClientSettings): Promise<void> {
  const common = { namesrvAddr: pair.namesrv.address, useTLS: true, tls, logger: silentLogger };
  const producer = new Producer({ ...common, producerGroup: 'PG_TLS' });
  const consumer = new PushConsumer({
    ...common,
    consumerGroup: 'CG_OUR_TLS',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  try {
    await producer.start();
    const bodies = Array.from({ length: COUNT }, (_, i) => `ours ${i} ${'x'.repeat(i * 100)}`);
    for (const body of bodies) await producer.send({ topic: 'OurTls', body });
    const received = new Set<string>();
    consumer.subscribe('OurTls');
    consumer.registerMessageListener((messages) => {
      for (const message of messages) received.add(message.body.toString());
    });
    await consumer.start();
    await until('all are consumed', 30_000, () => received.size === COUNT);
    assert.deepEqual([...received].sort(), bodies.toSorted());
  } finally {
    await consumer.shutdown();
    await producer.shutdown();
  }
}

async function assertPlainIsRefused(pair: Pair): Promise<void> {
  const plain = new RemotingClient({ platform: realPlatform() });
  for (const { address } of [pair.namesrv, pair.broker]) {
    await assert.rejects(plain.invoke(address, { code: 105, ext: { topic: 'TBW102' } }, 3000));
  }
  await plain.close(0);
}

const limit = { timeout: 600_000 };

test('the official client, our servers: test mode, and our client in test mode', limit, async () => {
  const pair = await start(startOurNamesrv, startOurBroker, TEST_MODE);
  await assertPlainIsRefused(pair);
  await javaRoundTrip(pair, TEST_MODE);
  await ourRoundTrip(pair, { testMode: true });
});

test('the official client, our servers: both show certificates and verify them', limit, async () => {
  const pair = await start(startOurNamesrv, startOurBroker, KEYS);
  await assertPlainIsRefused(pair);
  await javaRoundTrip(pair, KEYS);
  await ourRoundTrip(pair, ourClientFiles);
});

test(
  'our client in test mode, the official servers with a certificate that nobody signed',
  limit,
  async () => {
    const own = createCertificate({ commonName: 'own', ...valid });
    const pair = await start(startJavaNamesrv, startJavaBroker, {
      'tls.config.file': KEYS['tls.config.file']!,
      'tls.server.mode': 'enforcing',
      'tls.test.mode.enable': 'false',
      'tls.server.keyPath': write('own.key', own.keyPem),
      'tls.server.certPath': write('own.crt', own.certificatePem),
      'tls.enable': 'true',
    });
    await ourRoundTrip(pair, { testMode: true });
  },
);

test('our client, the official servers: both show certificates and verify them', limit, async () => {
  const pair = await start(startJavaNamesrv, startJavaBroker, KEYS);
  await ourRoundTrip(pair, ourClientFiles);
});
