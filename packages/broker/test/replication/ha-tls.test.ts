/** The replication port encrypted: whole masters and slaves on real sockets, with certificates on both sides. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createCertificate, type IssuedCertificate, realPlatform } from '@rocketmq-ts/platform';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { ClientTls, RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { sendFields } from '../rig/broker-rig.ts';
import { testHost } from '../support/host-facts.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from './replication-rig.ts';

const platform = realPlatform();
const valid = { validFromMs: Date.now() - 86_400_000, validUntilMs: Date.now() + 86_400_000 };
const authority = createCertificate({ commonName: 'our CA', isAuthority: true, ...valid });
const stranger = createCertificate({ commonName: 'another CA', isAuthority: true, ...valid });

type Given = Readonly<Record<string, string>>;

function issue(commonName: string, issuer: IssuedCertificate): IssuedCertificate {
  return createCertificate({ commonName, names: ['127.0.0.1'], issuer, ...valid });
}

class Scene {
  readonly folder = temporaryFolder();
  readonly logger = new RecordingLogger();
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  server(certificate: IssuedCertificate, given: Given = {}): Given {
    return {
      'tls.server.mode': 'enforcing',
      'tls.server.keyPath': this.write('server.key', certificate.keyPem),
      'tls.server.certPath': this.write('server.crt', certificate.certificatePem),
      'tls.server.trustCertPath': this.write('ca.crt', authority.certificatePem),
      'tls.client.trustCertPath': join(this.folder, 'ca.crt'),
      ...given,
    };
  }

  client(trusted: IssuedCertificate, shown?: IssuedCertificate): Given {
    const name = shown === undefined ? 'nobody' : 'peer';
    return {
      'tls.enable': 'true',
      'tls.client.trustCertPath': this.write(`${name}-ca.crt`, trusted.certificatePem),
      ...(shown && {
        'tls.client.keyPath': this.write('peer.key', shown.keyPem),
        'tls.client.certPath': this.write('peer.crt', shown.certificatePem),
      }),
    };
  }

  async start(name: string, given: Given): Promise<Broker> {
    const settings = {
      ...{ brokerName: 'broker-a', brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1', listenHost: '127.0.0.1' },
      ...{ listenPort: '0', mapedFileSizeCommitLog: '1048576', maxMessageSize: '65536' },
      ...{ zeroAheadBytes: '1048576', storePathRootDir: join(this.folder, name), slaveSyncPeriodMs: '200' },
      ...given,
    };
    const host = { ...testHost, homeFolder: this.folder };
    const config = BrokerConfig.load({ host, overrides: new Map(Object.entries(settings)) });
    const broker = await Broker.start(platform, config, { logger: this.logger });
    this.#t.after(() => broker.stop());
    return broker;
  }

  slaveOf(master: Broker, name: string, given: Given): Promise<Broker> {
    const haMasterAddress = `127.0.0.1:${master.port + 1}`;
    return this.start(name, { brokerRole: 'SLAVE', brokerId: '1', haMasterAddress, ...given });
  }

  /** Sends to the master over TLS. */
  async send(master: Broker, shown?: IssuedCertificate): Promise<void> {
    const settings = {
      trustCertPath: this.write('test-ca.crt', authority.certificatePem),
      ...(shown && {
        keyPath: this.write('test.key', shown.keyPem),
        certPath: this.write('test.crt', shown.certificatePem),
      }),
    };
    const client = new RemotingClient({ platform, tls: ClientTls.open(platform, settings) });
    try {
      const ext = sendFields('T', { e: '0' });
      const answer = await client.invoke(
        master.address,
        { code: RequestCode.SEND_MESSAGE_V2, ext, body: Buffer.from('x') },
        60_000,
      );
      assert.equal(answer.code, ResponseCode.SUCCESS, answer.remark);
    } finally {
      await client.close(0);
    }
  }
}

const REPORT = Buffer.alloc(8);

/** What a plain peer that asks for the log from 0 gets first; 0 when it is closed before. */
function plainPeer(master: Broker): Promise<number> {
  return new Promise((resolve) => {
    let received = 0;
    const socket = connectPlain(master.port + 1, '127.0.0.1', () => socket.write(REPORT));
    socket.on('data', (chunk) => {
      received += chunk.length;
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

function shownCertificate(master: Broker): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: master.port + 1, ca: authority.certificatePem };
    const socket = connectTls(options, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('a slave copies over TLS, with certificates on both sides; nobody else gets a byte', async (t) => {
  const scene = new Scene(t);
  const mutual = { 'tls.server.need.client.auth': 'require' };
  const master = await scene.start('master', scene.server(issue('master', authority), mutual));
  const known = issue('slave', authority);
  await scene.send(master, known);
  const slave = await scene.slaveOf(master, 'slave', scene.client(authority, known));
  await until(
    'the slave holds the log',
    () => master.slaves[0]?.ackedOffset !== undefined && master.slaves[0].ackedOffset > 0,
  );
  assert.equal(slave.followsMaster, true);
  assert.equal(await plainPeer(master), 0);
  await slave.stop();
  await until('it is gone', () => master.slaves.length === 0);
  const failed = () => scene.logger.complaints().filter((line) => /TLS handshake failed/.test(line)).length;
  for (const [name, given] of [
    ['nobody', scene.client(authority)],
    ['stranger', scene.client(authority, issue('slave', stranger))],
  ] as const) {
    const before = failed();
    const refused = await scene.slaveOf(master, name, given);
    await until(`${name} is refused`, () => failed() > before);
    await refused.stop();
    assert.ok(master.slaves.every(({ ackedOffset }) => ackedOffset === -1));
  }
});

test('a slave does not follow a master whose certificate it does not trust', async (t) => {
  const scene = new Scene(t);
  const master = await scene.start('master', scene.server(issue('master', authority)));
  const slave = await scene.slaveOf(master, 'slave', scene.client(stranger));
  await until('it is refused', () =>
    scene.logger.complaints().some((line) => /cannot follow .* not signed by a trusted/.test(line)),
  );
  assert.equal(slave.followsMaster, false);
});

test('haTlsMode: the replication port on its own, plain for slaves of 4.4.0 or encrypted only', async (t) => {
  const scene = new Scene(t);
  const keys = scene.server(issue('master', authority));
  const permissive = await scene.start('permissive', { ...keys, haTlsMode: 'permissive' });
  await scene.send(permissive);
  const slave = await scene.slaveOf(permissive, 'plain', {});
  await until('the slave holds the log', () => (permissive.slaves[0]?.ackedOffset ?? -1) > 0);
  await slave.stop();
  const disabled = await scene.start('disabled', { ...keys, haTlsMode: 'disabled' });
  await scene.send(disabled);
  assert.ok((await plainPeer(disabled)) > 0);
  await assert.rejects(shownCertificate(disabled));
  const enforcing = await scene.start('enforcing', {
    ...keys,
    'tls.server.mode': 'permissive',
    haTlsMode: 'enforcing',
  });
  assert.equal(await plainPeer(enforcing), 0);
  assert.equal(await shownCertificate(enforcing), 'master');
});

test('a new certificate is shown without a restart', async (t) => {
  const scene = new Scene(t);
  const master = await scene.start(
    'master',
    scene.server(issue('first', authority), { haTlsMode: 'permissive' }),
  );
  assert.equal(await shownCertificate(master), 'first');
  scene.server(issue('second', authority));
  let shown = 'first';
  for (const deadline = Date.now() + 60_000; shown === 'first' && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    shown = await shownCertificate(master);
  }
  assert.equal(shown, 'second');
});

test('missing keys stop the start', async (t) => {
  const scene = new Scene(t);
  await assert.rejects(scene.start('master', { haTlsMode: 'enforcing' }), /enforcing needs a key/);
  const slave = {
    brokerRole: 'SLAVE',
    brokerId: '1',
    haMasterAddress: '127.0.0.1:1',
    haTlsMode: 'enforcing',
  };
  await assert.rejects(scene.start('slave', slave), /haTlsMode=enforcing on a slave needs tls.enable=true/);
});
