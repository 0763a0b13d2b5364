import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readTlsSettings, ServerTls } from '../../src/index.ts';
import { ADDRESS, requestFrame, World } from '../support/world.ts';
import {
  ask,
  authority,
  encryptedKey,
  type Given,
  issue,
  issueAuthority,
  platform,
  stranger,
  TlsScene,
  until,
} from './tls-scene.ts';

const MODES: [mode: string, key: boolean, tls: string, plain: string][] = [
  ['disabled', true, 'refused', 'taken'],
  ['disabled', false, 'refused', 'taken'],
  ['permissive', true, 'taken', 'taken'],
  ['permissive', false, 'refused', 'taken'],
  ['enforcing', true, 'taken', 'refused'],
];

for (const [mode, key, tls, plain] of MODES) {
  test(`${mode}, ${key ? 'with' : 'without'} a key: TLS is ${tls}, plain is ${plain}`, async (t) => {
    const scene = new TlsScene(t);
    const keys = key ? scene.serverFiles(issue(authority)) : {};
    const server = await scene.server({ ...keys, 'tls.server.mode': mode });
    const encrypted = scene.client(scene.trust(authority));
    if (tls === 'taken') {
      assert.equal(await ask(encrypted, server), 'hello');
      assert.deepEqual(
        [...server.connections].map((connection) => connection.encrypted),
        [true],
      );
    } else {
      await assert.rejects(ask(encrypted, server), {
        code: 'REMOTING_CONNECT',
        message: /the server ended the connection during the TLS handshake/,
      });
      assert.match(
        scene.logged.join('\n'),
        mode === 'disabled'
          ? /connection refused: it begins a TLS handshake, and tls\.server\.mode is disabled/
          : /connection refused: it begins a TLS handshake, and there is no key: set tls\.server\.keyPath/,
      );
    }
    const open = scene.client(undefined);
    if (plain === 'taken') assert.equal(await ask(open, server), 'hello');
    else {
      await assert.rejects(ask(open, server), { code: 'REMOTING_SEND_REQUEST' });
      assert.match(scene.logged.join('\n'), /connection refused: it is not encrypted/);
    }
    assert.equal(server.frameMemory.heldBytes, 0);
    assert.equal(server.wheel.count, 0);
  });
}

test('large bodies in both directions, many calls at once, and calls of the server', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority)));
  const client = scene.client(scene.trust(authority));
  client.handle(7, () => ({ code: 0, remark: 'heard' }));
  const texts = Array.from({ length: 40 }, (_, i) => String(i).repeat(i % 8 === 0 ? 700_000 : 300));
  const answers = await Promise.all(texts.map((text) => ask(client, server, text)));
  assert.ok(answers.every((answer, i) => answer === texts[i]));
  const [connection] = server.connections;
  assert.equal((await connection!.invoke({ code: 7 }, 3000)).remark, 'heard');
});

test('client certificates: none asked for, optional, required', async (t) => {
  const scene = new TlsScene(t);
  const trust = scene.trust(authority);
  const ours = { ...trust, ...scene.clientFiles(issue(authority), 'ours') };
  const theirs = { ...trust, ...scene.clientFiles(issue(stranger), 'theirs') };
  const ca = { 'tls.server.trustCertPath': scene.write('ca.crt', authority.certificatePem) };
  const rules: [string, Given, Given, boolean][] = [
    ['none', {}, theirs, true],
    ['optional', ca, trust, true],
    ['optional', ca, ours, true],
    ['optional', ca, theirs, false],
    ['require', ca, trust, false],
    ['require', ca, ours, true],
    ['require', ca, theirs, false],
    ['require', { 'tls.server.authClient': 'false' }, theirs, true],
    ['require', { 'tls.server.authClient': 'false' }, trust, false],
  ];
  for (const [rule, settings, clientSettings, taken] of rules) {
    const server = await scene.server({
      ...scene.serverFiles(issue(authority)),
      ...settings,
      'tls.server.need.client.auth': rule,
      'tls.server.mode': 'enforcing',
    });
    scene.logged.length = 0;
    const asking = ask(scene.client(clientSettings), server);
    if (taken) assert.equal(await asking, 'hello', rule);
    else {
      await assert.rejects(asking, { code: /REMOTING_(CONNECT|SEND_REQUEST)/ }, rule);
      assert.match(scene.logged.join('\n'), /the TLS handshake of 127\.0\.0\.1:\d+ failed: /);
    }
  }
});

const missing: [what: string, given: (scene: TlsScene) => Given, message: RegExp][] = [
  ['enforcing without a key', () => ({ 'tls.server.mode': 'enforcing' }), /enforcing needs a key/],
  [
    'a key without its certificate',
    (scene) => ({ 'tls.server.keyPath': scene.write('k', 'x') }),
    /tls\.server\.keyPath is set and tls\.server\.certPath is not/,
  ],
  [
    'a file that is not there',
    (scene) => ({ ...scene.serverFiles(issue(authority)), 'tls.server.certPath': '/no/such/file' }),
    /tls\.server\.certPath \/no\/such\/file cannot be read: ENOENT/,
  ],
  [
    'a file that is no PEM',
    (scene) => ({ ...scene.serverFiles(issue(authority)), 'tls.server.keyPath': scene.write('k', 'noise') }),
    /tls\.server\.keyPath .*k is no PEM file/,
  ],
  [
    'the key of another certificate',
    (scene) => ({
      ...scene.serverFiles(issue(authority)),
      'tls.server.keyPath': scene.write('k', issue(authority).keyPem),
    }),
    /the key is not that of the certificate/,
  ],
  [
    'an encrypted key without its password',
    (scene) => encrypted(scene, {}),
    /the key is encrypted and tls\.server\.keyPassword is missing or wrong/,
  ],
  [
    'an encrypted key with another password',
    (scene) => encrypted(scene, { 'tls.server.keyPassword': 'wrong' }),
    /the key is encrypted and tls\.server\.keyPassword is missing or wrong/,
  ],
  [
    'client certificates without anybody to trust',
    (scene) => ({ ...scene.serverFiles(issue(authority)), 'tls.server.need.client.auth': 'require' }),
    /tls\.server\.need\.client\.auth=require needs tls\.server\.trustCertPath/,
  ],
];

function encrypted(scene: TlsScene, more: Given): Given {
  const identity = issue(authority);
  return {
    ...scene.serverFiles(identity),
    'tls.server.keyPath': scene.write('encrypted.key', encryptedKey(identity, 'secret')),
    ...more,
  };
}

for (const [what, given, message] of missing) {
  test(`no start: ${what}`, (t) => {
    const scene = new TlsScene(t);
    assert.throws(() => scene.serverTls(given(scene)), { code: /^TLS_(SETTING|FILE)$/, message });
  });
}

test('an encrypted key with its password', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(encrypted(scene, { 'tls.server.keyPassword': 'secret' }));
  assert.equal(await ask(scene.client(scene.trust(authority)), server), 'hello');
});

test('test mode: a certificate made at start, which only a client in test mode takes', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server({ 'tls.test.mode.enable': 'true', 'tls.server.mode': 'enforcing' });
  assert.match(scene.logged[0]!, /TLS test mode: .* nobody can verify/);
  assert.equal(await ask(scene.client({ 'tls.test.mode.enable': 'true' }), server), 'hello');
  await assert.rejects(ask(scene.client({}), server), { message: /not signed by a trusted one/ });
});

async function renewing(t: TestContext) {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority)));
  const before = scene.client(scene.trust(authority));
  await ask(before, server);
  return { scene, server, before };
}

test('new keys are used without a restart, and open connections stay', async (t) => {
  const { scene, server, before } = await renewing(t);
  const [connection] = server.connections;
  const next = issueAuthority('next CA');
  scene.serverFiles(issue(next));
  await until(() => scene.logged.some((line) => /read anew/.test(line)), 'the keys are read');
  assert.equal(await ask(before, server), 'hello');
  assert.equal(connection!.closed, false);
  assert.equal(await ask(scene.client(scene.trust(next)), server), 'hello');
  await assert.rejects(ask(scene.client(scene.trust(authority)), server), {
    message: /not signed by a trusted one/,
  });
});

test('a key half replaced, or away, leaves the old ones in force and is told once', async (t) => {
  const { scene, server } = await renewing(t);
  const next = issue(authority);
  scene.write('server.key', next.keyPem);
  const complaints = () => scene.logged.filter((line) => /^error .*stay in force/.test(line));
  await until(() => complaints().length === 1, 'the mismatch is told');
  assert.match(complaints()[0]!, /the key is not that of the certificate/);
  assert.equal(await ask(scene.client(scene.trust(authority)), server), 'hello');
  unlinkSync(`${scene.folder}/server.crt`);
  await until(() => complaints().length === 2, 'the missing file is told');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.equal(complaints().length, 2);
  assert.equal(await ask(scene.client(scene.trust(authority)), server), 'hello');
  scene.write('server.crt', next.certificatePem);
  await until(() => scene.logged.some((line) => /read anew/.test(line)), 'the keys are read');
  assert.equal(await ask(scene.client(scene.trust(authority)), server), 'hello');
});

test('a new list of trusted authorities counts for the next client', async (t) => {
  const scene = new TlsScene(t);
  const ca = scene.write('trusted.crt', authority.certificatePem);
  const server = await scene.server({
    ...scene.serverFiles(issue(authority)),
    'tls.server.need.client.auth': 'require',
    'tls.server.trustCertPath': ca,
  });
  const trust = scene.trust(authority);
  const ours = { ...trust, ...scene.clientFiles(issue(authority), 'ours') };
  const theirs = { ...trust, ...scene.clientFiles(issue(stranger), 'theirs') };
  assert.equal(await ask(scene.client(ours), server), 'hello');
  scene.write('trusted.crt', stranger.certificatePem);
  await until(() => scene.logged.some((line) => /read anew/.test(line)), 'the authorities are read');
  assert.equal(await ask(scene.client(theirs), server), 'hello');
  await assert.rejects(ask(scene.client(ours), server));
});

/** Sends bytes and nothing more; resolves when the server hangs up. */
function hangs(t: TestContext, port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write(bytes);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const HALF_HELLO = Buffer.from('16030100a5010000a10303', 'hex');

test('a handshake that does not go on is cut off in time', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server({
    ...scene.serverFiles(issue(authority)),
    'tls.server.handshakeTimeoutMs': '200',
  });
  await hangs(t, server.port, HALF_HELLO);
  assert.match(scene.logged.join('\n'), /the TLS handshake of 127\.0\.0\.1:\d+ was not done after 200 ms/);
  const client = scene.client(scene.trust(authority));
  assert.equal(await ask(client, server), 'hello');
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(await ask(client, server), 'hello');
  assert.equal(server.connectionCount, 1);
});

test('many half handshakes hold no more than half-sent frames may: the oldest gives way, others are served', async (t) => {
  const scene = new TlsScene(t);
  const limits = { partialFramesMaxBytes: 10 * 64 * 1024 };
  const server = await scene.server(scene.serverFiles(issue(authority)), { limits });
  const ends: number[] = [];
  for (let i = 0; i < 25; i++) {
    void hangs(t, server.port, HALF_HELLO).then(() => ends.push(i));
    const held = Math.min(i + 1, 10);
    await until(
      () => server.frameMemory.heldBytes === held * 64 * 1024 && ends.length === i + 1 - held,
      `handshake ${i}, and one less for each beyond ten`,
    );
  }
  assert.deepEqual(
    ends.toSorted((a, b) => a - b),
    Array.from({ length: 15 }, (_, i) => i),
  );
  assert.equal(server.frameMemory.heldBytes, limits.partialFramesMaxBytes);
  assert.equal(await ask(scene.client(scene.trust(authority)), server), 'hello');
});

test('noise after the first byte closes that connection only', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority)));
  await hangs(t, server.port, Buffer.alloc(300, 0x16));
  assert.match(scene.logged.join('\n'), /the TLS handshake of 127\.0\.0\.1:\d+ failed: /);
  await until(() => server.connectionCount === 0, 'the connection is gone');
  assert.equal(server.frameMemory.heldBytes, 0);
});

test('a stop ends encrypted connections and handshakes under way', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority)));
  await ask(scene.client(scene.trust(authority)), server);
  const hanging = hangs(t, server.port, HALF_HELLO);
  await until(() => server.connectionCount === 2, 'both are there');
  await server.stop(0);
  await hanging;
  assert.equal(server.connectionCount, 0);
});

test('on a network without TLS plain requests are served and handshakes refused', async () => {
  const world = new World();
  const settings = readTlsSettings(platform.fileSystem, new Map()).server;
  const tls = ServerTls.open(world.platform('10.0.0.1'), { ...settings, mode: 'permissive' });
  const server = await world.server({ tls });
  server.handle(1, () => ({ code: 0 }));
  const socket = await world.socket();
  const other = await world.socket();
  socket.send(requestFrame({ code: 1 }).subarray(0, 3));
  socket.send(requestFrame({ code: 1 }).subarray(3));
  other.send(HALF_HELLO);
  await world.run(new Promise<void>((resolve) => void world.clock.setTimeout(resolve, 10)));
  assert.equal(socket.frames().length, 1);
  assert.equal(other.closed, true);
  assert.equal(await world.run(world.client().invoke(ADDRESS, { code: 1 }, 1000)).then((a) => a.code), 0);
  assert.throws(() => ServerTls.open(world.platform('10.0.0.1'), { ...settings, testMode: true }), {
    code: 'TLS_SETTING',
    message: /this network has no TLS/,
  });
});
