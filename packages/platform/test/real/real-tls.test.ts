import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect as connectPlain } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  type ByteStream,
  createCertificate,
  type IssuedCertificate,
  RealNetwork,
  type TlsClientOptions,
  type TlsIdentity,
  type TlsServerOptions,
} from '../../src/index.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
const LIMIT_MS = 60_000;
const valid = { validFromMs: now - DAY_MS, validUntilMs: now + DAY_MS };
const authority = createCertificate({ commonName: 'our CA', isAuthority: true, ...valid });
const stranger = createCertificate({ commonName: 'another CA', isAuthority: true, ...valid });
const server = issue('server', authority);
const network = new RealNetwork();

function issue(commonName: string, issuer: IssuedCertificate, names = ['127.0.0.1']): IssuedCertificate {
  return createCertificate({ commonName, names, issuer, ...valid });
}

class Side {
  readonly stream: ByteStream;
  text = '';
  readonly closed: Promise<Error | undefined>;

  constructor(stream: ByteStream, onFirst?: (chunk: Buffer) => void) {
    this.stream = stream;
    let first = onFirst;
    this.closed = new Promise((resolve) => {
      stream.setHandler({
        onData: (chunk) => {
          if (first === undefined) {
            this.text += chunk.toString();
            return;
          }
          const told = first;
          first = undefined;
          told(chunk);
        },
        onDrain: () => {},
        onClose: resolve,
      });
    });
  }

  async until(text: string): Promise<void> {
    const deadline = Date.now() + LIMIT_MS;
    while (this.text !== text) {
      assert.ok(Date.now() < deadline, `got ${JSON.stringify(this.text)}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `not reached: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

interface Scene {
  readonly port: number;
  /** Accepted streams, in order. */
  readonly sides: Side[];
  /** How handshakes ended. */
  readonly ends: (string | undefined)[];
  /** How many handshakes have begun. */
  begun(): number;
  renew(identity: TlsIdentity): void;
}

async function scene(t: TestContext, options: Partial<TlsServerOptions> = {}): Promise<Scene> {
  const acceptor = network.tls.createAcceptor({
    identity: server,
    clientCertificates: 'none',
    trustedPem: undefined,
    ...options,
  });
  const sides: Side[] = [];
  const ends: (string | undefined)[] = [];
  let handshakes = 0;
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (stream) => {
    const side = new Side(stream, (chunk) => {
      handshakes++;
      acceptor.secure(stream, chunk, (error) => ends.push(error?.message));
    });
    sides.push(side);
  });
  t.after(() => {
    for (const side of sides) side.stream.destroy();
    return listener.close();
  });
  const renew = (identity: TlsIdentity): void => acceptor.renew({ identity, trustedPem: undefined });
  return { port: listener.port, sides, ends, begun: () => handshakes, renew };
}

async function connect(port: number, options: Partial<TlsClientOptions> = {}, host = '127.0.0.1') {
  const tls = network.tls.createConnector({
    identity: undefined,
    trustedPem: authority.certificatePem,
    verify: true,
    verifyHostname: true,
    ...options,
  });
  return new Side(await network.connect({ host, port, timeoutMs: LIMIT_MS, tls }));
}

test('what is sent on either side arrives on the other, in both directions', async (t) => {
  const { port, sides, ends } = await scene(t);
  const client = await connect(port);
  client.stream.write([Buffer.from('one '), Buffer.from('two')]);
  await sides[0]!.until('one two');
  assert.deepEqual(ends, [undefined]);
  const flushed = new Promise<void>((resolve) => sides[0]!.stream.write([Buffer.from('three')], resolve));
  await client.until('three');
  await flushed;
  sides[0]!.stream.pause();
  client.stream.write([Buffer.from('!')]);
  sides[0]!.stream.resume();
  await sides[0]!.until('one two!');
  client.stream.end();
  assert.equal(await sides[0]!.closed, undefined);
  assert.equal(await client.closed, undefined);
});

test('many handshakes at once each find their stream', async (t) => {
  const { port, sides } = await scene(t);
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect(port)));
  clients.forEach((client, i) => {
    client.stream.write([Buffer.from(`${client.stream.localPort} ${i}`)]);
  });
  await Promise.all(
    clients.map(async (client, i) => {
      const side = sides.find((each) => each.stream.remotePort === client.stream.localPort)!;
      await side.until(`${client.stream.localPort} ${i}`);
      client.stream.destroy();
    }),
  );
});

test('what is written while the handshake is under way leaves when it is done', async (t) => {
  const acceptor = network.tls.createAcceptor({
    identity: server,
    clientCertificates: 'none',
    trustedPem: undefined,
  });
  let side: Side | undefined;
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (stream) => {
    side = new Side(stream, (chunk) => {
      acceptor.secure(stream, chunk, () => {});
      stream.write([Buffer.from('early '), Buffer.from('bird')]);
    });
  });
  t.after(() => {
    side?.stream.destroy();
    return listener.close();
  });
  const client = await connect(listener.port);
  await client.until('early bird');
  client.stream.destroy();
});

const clientRefusals: [string, TlsIdentity, Partial<TlsClientOptions>, RegExp][] = [
  ['another authority', issue('x', stranger), {}, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  [
    'self-signed',
    createCertificate({ commonName: 'x', names: ['127.0.0.1'], ...valid }),
    {},
    /DEPTH_ZERO_SELF_SIGNED_CERT/,
  ],
  [
    'expired',
    createCertificate({
      commonName: 'x',
      names: ['127.0.0.1'],
      issuer: authority,
      validFromMs: now - 2 * DAY_MS,
      validUntilMs: now - DAY_MS,
    }),
    {},
    /CERT_HAS_EXPIRED/,
  ],
  [
    'not yet valid',
    createCertificate({
      commonName: 'x',
      names: ['127.0.0.1'],
      issuer: authority,
      validFromMs: now + DAY_MS,
      validUntilMs: now + 2 * DAY_MS,
    }),
    {},
    /CERT_NOT_YET_VALID/,
  ],
  ['another host', issue('x', authority, ['10.1.1.1', 'broker.example']), {}, /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['only what the runtime trusts', server, { trustedPem: undefined }, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
];

for (const [what, identity, options, code] of clientRefusals) {
  test(`a client refuses a server's certificate: ${what}`, async (t) => {
    const { port, sides } = await scene(t, { identity });
    await assert.rejects(connect(port, options), { code });
    await sides[0]!.closed;
    const trusting = await connect(port, { ...options, verify: false });
    trusting.stream.destroy();
  });
}

test('without verifyHostname the authority still counts', async (t) => {
  const { port, renew } = await scene(t, { identity: issue('x', authority, ['10.1.1.1']) });
  const client = await connect(port, { verifyHostname: false });
  client.stream.destroy();
  renew(issue('x', stranger));
  await assert.rejects(connect(port, { verifyHostname: false }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

const none = undefined;
const ours = issue('client', authority);
const theirs = issue('client', stranger);
const trustOurs = authority.certificatePem;
const certificateRules: [
  TlsServerOptions['clientCertificates'],
  string | undefined,
  TlsIdentity | undefined,
  boolean,
][] = [
  ['none', none, none, true],
  ['none', none, theirs, true],
  ['optional', trustOurs, none, true],
  ['optional', trustOurs, ours, true],
  ['optional', trustOurs, theirs, false],
  ['optional', none, theirs, true],
  ['require', trustOurs, none, false],
  ['require', trustOurs, ours, true],
  ['require', trustOurs, theirs, false],
  ['require', none, none, false],
  ['require', none, theirs, true],
];

for (const [clientCertificates, trustedPem, identity, taken] of certificateRules) {
  const shown = identity === none ? 'no certificate' : identity === ours ? 'ours' : 'theirs';
  const trust = trustedPem === none ? 'any' : 'ours';
  test(`client certificates ${clientCertificates}, trusting ${trust}: ${shown} is ${taken ? 'taken' : 'refused'}`, async (t) => {
    const { port, sides, ends } = await scene(t, { clientCertificates, trustedPem });
    // With TLS 1.3 a client is done before the server has looked at its certificate.
    const client = await connect(port, { identity });
    client.stream.write([Buffer.from('hello')]);
    if (taken) {
      await sides[0]!.until('hello');
      assert.deepEqual(ends, [undefined]);
      client.stream.destroy();
    } else {
      await sides[0]!.closed;
      await client.closed;
      await until(() => ends.length > 0);
      assert.equal(sides[0]!.text, '');
      assert.equal(ends.length, 1);
      assert.ok(ends[0], 'the refusal has a reason');
    }
  });
}

test('a handshake of noise, one broken off and one dropped by the server all end once', async (t) => {
  const { port, sides, ends, begun } = await scene(t);
  const noise = connectPlain(port, '127.0.0.1');
  noise.on('error', () => {});
  noise.write(Buffer.from('1603010005', 'hex'));
  noise.write(Buffer.alloc(200, 0x16));
  const half = connectPlain(port, '127.0.0.1');
  half.write(Buffer.from([0x16, 0x03, 0x01]));
  half.on('error', () => {});
  await until(() => begun() === 2);
  half.destroy();
  await Promise.all([sides[0]!.closed, sides[1]!.closed]);
  const dropped = connectPlain(port, '127.0.0.1');
  dropped.on('error', () => {});
  dropped.write(Buffer.from([0x16]));
  await until(() => begun() === 3);
  const gone = new Promise((resolve) => dropped.once('close', resolve));
  sides[2]!.stream.destroy(new Error('too slow'));
  assert.equal((await sides[2]!.closed)?.message, 'too slow');
  await gone;
  await until(() => ends.length >= 3);
  assert.equal(ends.length, 3);
  assert.ok(ends.every((message) => message !== undefined));
});

test('a renewed certificate is for handshakes to come; connections under way stay', async (t) => {
  const { port, sides, renew } = await scene(t);
  const before = await connect(port);
  renew(issue('server', stranger));
  await assert.rejects(connect(port), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  const after = await connect(port, { trustedPem: stranger.certificatePem });
  before.stream.write([Buffer.from('still here')]);
  await sides[0]!.until('still here');
  before.stream.destroy();
  after.stream.destroy();
});

test('encrypted keys need their password; keys and certificates have to fit', () => {
  const encrypted = createPrivateKey(server.keyPem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();
  const make = (identity: TlsIdentity) =>
    network.tls.createAcceptor({ identity, clientCertificates: 'none', trustedPem: undefined });
  const { certificatePem } = server;
  make({ certificatePem, keyPem: encrypted, keyPassword: 'secret' });
  assert.throws(() => make({ certificatePem, keyPem: encrypted, keyPassword: 'wrong' }));
  assert.throws(() => make({ certificatePem, keyPem: encrypted }));
  assert.throws(() => make({ certificatePem, keyPem: ours.keyPem }), /key values mismatch/);
});

test('a self-signed identity is what it says', () => {
  const { certificatePem, keyPem } = network.tls.createSelfSigned(
    ['localhost', '127.0.0.1'],
    Date.UTC(2026, 0, 1),
    Date.UTC(2051, 5, 7, 8, 9, 10),
  );
  const certificate = new X509Certificate(certificatePem);
  assert.equal(certificate.subject, 'CN=localhost');
  assert.equal(certificate.issuer, 'CN=localhost');
  assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  assert.equal(certificate.validFrom, 'Jan  1 00:00:00 2026 GMT');
  assert.equal(certificate.validTo, 'Jun  7 08:09:10 2051 GMT');
  assert.equal(certificate.ca, false);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(keyPem)));
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(new X509Certificate(authority.certificatePem).ca, true);
});
