/**
 * Real programs with secrets, treated well and badly: none is in a log, on a terminal or in an answer, in whatever spelling.
 * Logs are JSON, at RocketMQ's paths.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createCertificate, realPlatform } from '@rocketmq-ts/platform';
import { RequestCode, signRequest } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { freePort, sh } from '../command/program.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SECRETS = ['first-hush-4711', 'second-hush-4712', 'password-hush-4713'] as const;
const [ADMIN_SECRET, OTHER_SECRET, KEY_PASSWORD] = SECRETS;

test('no secret in logs, on the terminal or in an answer', { timeout: 600_000 }, async (t) => {
  const home = temporaryFolder();
  const conf = path.join(home, 'conf');
  mkdirSync(conf);
  const accounts = path.join(conf, 'plain_acl.yml');
  const account = (name: string, secret: string, rest = '') =>
    `- accessKey: ${name}\n  secretKey: ${secret}\n${rest}`;
  const good = `accounts:\n${account('admin-key', ADMIN_SECRET, '  admin: true\n')}${account('other-key', OTHER_SECRET)}`;
  writeFileSync(accounts, good);
  const tools = `accessKey: admin-key\nsecretKey: ${ADMIN_SECRET}\n`;
  writeFileSync(path.join(conf, 'tools.yml'), tools);
  const valid = { validFromMs: Date.now() - 86_400_000, validUntilMs: Date.now() + 86_400_000 };
  const certificate = createCertificate({ commonName: 'broker', names: ['127.0.0.1'], ...valid });
  writeFileSync(path.join(home, 'server.key'), certificate.keyPem);
  writeFileSync(path.join(home, 'server.crt'), certificate.certificatePem);

  const env = { ROCKETMQ_HOME: home };
  const namesrvPort = await freePort();
  const namesrv = sh(t, 'mqnamesrv', [`listenPort=${namesrvPort}`], { home, env });
  await namesrv.waitFor(/boot success/);
  const settings = [
    ...[
      'aclEnable=true',
      'listenPort=0',
      'brokerName=broker-a',
      'brokerIP1=127.0.0.1',
      'mapedFileSizeCommitLog=1048576',
    ],
    ...['maxMessageSize=65536', 'zeroAheadBytes=1048576', `storePathRootDir=${path.join(home, 'store')}`],
    ...[
      `tls.server.keyPath=${path.join(home, 'server.key')}`,
      `tls.server.certPath=${path.join(home, 'server.crt')}`,
    ],
    `tls.server.keyPassword=${KEY_PASSWORD}`,
  ];
  const broker = sh(t, 'mqbroker', ['-n', `127.0.0.1:${namesrvPort}`, ...settings], { home, env });
  const [, address] = await broker
    .waitFor(/boot success/)
    .then(() => /, (127\.0\.0\.1:\d+)\] boot/.exec(broker.output)!);

  const client = new RemotingClient({ platform: realPlatform() });
  t.after(() => client.close(0));
  let answers = '';
  const ask = async (accessKey: string, secretKey: string, code: number, body?: Buffer): Promise<void> => {
    const ext = new Map([['topic', 'T']]);
    for (const [name, value] of signRequest(ext, body, { accessKey, secretKey })) ext.set(name, value);
    const answer = await client.invoke(address!, { code, ext, ...(body && { body }) }, 60_000);
    answers += `${answer.code} ${answer.remark} ${answer.body?.toString() ?? ''}\n`;
  };
  await ask('admin-key', ADMIN_SECRET, RequestCode.GET_BROKER_CONFIG);
  await ask('admin-key', OTHER_SECRET, RequestCode.GET_BROKER_CONFIG);
  await ask('other-key', OTHER_SECRET, RequestCode.UPDATE_BROKER_CONFIG, Buffer.from('brokerPermission=2\n'));
  const password = Buffer.from(`tls.server.keyPassword=${KEY_PASSWORD}\nsecretKey=${ADMIN_SECRET}\n`);
  await ask('admin-key', ADMIN_SECRET, RequestCode.UPDATE_BROKER_CONFIG, password);
  // Accounts that cannot be read, in several ways: the log says why.
  const folder = path.join(home, 'logs', 'rocketmqlogs');
  const said = async (pattern: RegExp, times: number): Promise<void> => {
    const deadline = Date.now() + 120_000;
    while ((readFileSync(path.join(folder, 'broker.log'), 'utf8').match(pattern) ?? []).length < times) {
      assert.ok(Date.now() < deadline, `${pattern} was not said ${times} times`);
      await delay(50);
    }
  };
  let refused = 0;
  for (const broken of [
    `${good}${account('short', OTHER_SECRET)}`,
    `${good}- secretKey: ${OTHER_SECRET}\n`,
    `${good}  secretKey: [${OTHER_SECRET}\n`,
    `secretKey ${OTHER_SECRET}: {`,
    `accounts: ${OTHER_SECRET}`,
  ]) {
    writeFileSync(accounts, broken);
    await said(/accounts read before stay in force/g, ++refused);
  }
  writeFileSync(accounts, good);
  await said(/access control reloaded/g, 1);
  const admin = sh(t, 'mqadmin', ['getBrokerConfig', '-b', address!, '-n', `127.0.0.1:${namesrvPort}`], {
    home,
    env,
  });
  assert.equal(await admin.ended(), 0, admin.output);
  const wrong = sh(t, 'mqadmin', ['clusterList', '-n', `127.0.0.1:${namesrvPort}`, '-x', '1'], { home, env });
  await wrong.ended();
  const print = sh(t, 'mqbroker', ['-p', ...settings], { home, env });
  await print.ended();
  // A start that fails for its keys.
  writeFileSync(path.join(home, 'server.key'), 'no key');
  const failing = sh(t, 'mqbroker', settings, { home, env });
  assert.notEqual(await failing.ended(), 0);
  writeFileSync(accounts, `${good}  secretKey: [${OTHER_SECRET}\n`);
  writeFileSync(path.join(home, 'server.key'), certificate.keyPem);
  const elsewhere = `storePathRootDir=${path.join(home, 'other')}`;
  const unreadable = sh(t, 'mqbroker', [...settings, elsewhere], { home, env });
  assert.equal(await unreadable.ended(), 2, unreadable.output);
  broker.kill('SIGTERM');
  await broker.ended();
  namesrv.kill('SIGTERM');
  await namesrv.ended();

  assert.deepEqual(
    ['broker.log', 'namesrv.log'].filter((name) => !readdirSync(folder).includes(name)),
    [],
  );
  const brokerLog = readFileSync(path.join(folder, 'broker.log'), 'utf8');
  for (const line of brokerLog.trimEnd().split('\n')) assert.ok(JSON.parse(line).msg, line);
  const told = [namesrv, broker, admin, wrong, print, failing, unreadable]
    .map((program) => program.output)
    .join('\n');
  const seen = [told, answers, ...filesBelow(home).map((file) => readFileSync(file, 'latin1'))].join('\n');
  for (const secret of SECRETS) {
    for (const spelling of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      assert.equal(seen.includes(spelling), false, `${spelling} was told`);
    }
  }
});

/** All but those that the secrets were written into. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) return name === 'conf' || name === 'commitlog' ? [] : filesBelow(file);
    return [file];
  });
}
