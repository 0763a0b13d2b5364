import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { RequestCode } from '@rocketmq-ts/protocol';
import { CommandOptions } from '../../src/command-line/command-options.ts';
import { connectionSettings } from '../../src/context/connection-settings.ts';
import { mqadmin } from '../command-line/mqadmin-run.ts';
import { fakeServer } from '../fake-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const environment = { XDG_CONFIG_HOME: folder };
const path = join(folder, 'rocketmq-ts', 'mqadmin.json');
const keys = join(folder, 'keys.yml');
writeFileSync(keys, 'accessKey: operator\nsecretKey: "very secret"\n');

beforeEach(() => rmSync(path, { force: true }));

async function context(...words: string[]) {
  return mqadmin(['context', ...words], { environment, workingFolder: folder });
}

function settings(variables: Record<string, string> = {}, namesrvAddr?: string, name?: string) {
  const option = (long: string) => ({ long, description: '', argument: true, required: false });
  const values = new Map([
    ...(namesrvAddr === undefined ? [] : [[option('namesrvAddr'), namesrvAddr] as const]),
    ...(name === undefined ? [] : [[option('context'), name] as const]),
  ]);
  const variablesOf = { ...environment, ...variables };
  return connectionSettings(new CommandOptions(values), variablesOf, realPlatform().fileSystem, '/nowhere');
}

test('contexts are added, used, listed and removed, in a file that only its owner reads', async () => {
  assert.match((await context('list')).output, /no contexts/);
  assert.equal((await context('add', 'test', '-n', '10.0.0.1:9876')).exitCode, 0);
  assert.equal(
    (await context('add', 'live', '-n', '10.0.1.1:9876;10.0.1.2:9876', '--acl', 'keys.yml')).exitCode,
    0,
  );
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse((await context('list', '-o', 'json')).output), [
    { name: 'live', current: false, namesrvAddr: '10.0.1.1:9876;10.0.1.2:9876', acl: keys },
    { name: 'test', current: true, namesrvAddr: '10.0.0.1:9876' },
  ]);
  assert.equal((await context('use', 'live')).exitCode, 0);
  assert.match((await context()).output, /^\* live +10\.0\.1\.1:9876;10\.0\.1\.2:9876 +acl=/m);
  assert.equal((await context('remove', 'live')).exitCode, 0);
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).current, undefined);
});

test('secrets are neither kept nor printed', async () => {
  await context('add', 'live', '-n', '10.0.0.1:9876', '--acl', keys);
  const { output } = await context('list');
  const failed = await mqadmin(['topicRoute', '-t', 'T', '-n', '127.0.0.1:1', '--context', 'live'], {
    environment,
  });
  assert.equal(failed.exitCode, 1);
  for (const text of [output, failed.output, failed.errors, readFileSync(path, 'utf8')])
    assert.doesNotMatch(text, /very secret/);
});

test('what cannot be meant is refused', async () => {
  await context('add', 'test', '-n', '10.0.0.1:9876');
  const refused = async (code: number, pattern: RegExp, ...words: string[]) => {
    const { exitCode, errors } = await context(...words);
    assert.equal(exitCode, code, errors);
    assert.match(errors, pattern);
  };
  await refused(2, /there is a context test already/, 'add', 'test', '-n', '10.0.0.2:9876');
  await refused(2, /needs its name servers/, 'add', 'other');
  await refused(2, /is no address/, 'add', 'other', '-n', 'here');
  await refused(2, /is no name of a context/, 'add', 'a/b', '-n', '10.0.0.2:9876');
  await refused(2, /names of two variables/, 'add', 'other', '-n', '10.0.0.2:9876', '--acl-env', 'ONE');
  await refused(2, /not by both/, 'add', 'other', '-n', '10.0.0.2:9876', '--acl-env', 'A,B', '--acl', 'x');
  await refused(2, /give the name/, 'use');
  await refused(2, /nothing to do with contexts/, 'rename', 'test');
  await refused(1, /there is no context other; there are: test/, 'use', 'other');
  writeFileSync(path, '{"contexts": {"test": {"namesrvAddr": 7}}}');
  await refused(1, /context "test" has a field of the wrong kind/, 'list');
});

test('--context goes before MQADMIN_CONTEXT, before -n and NAMESRV_ADDR alone, before the context in use', async () => {
  await context('add', 'used', '-n', '10.0.0.1:1');
  await context('add', 'other', '-n', '10.0.0.2:2', '--acl', keys);
  assert.equal((await settings()).context, 'used');
  assert.equal((await settings({ NAMESRV_ADDR: '10.0.0.3:3' })).namesrvAddr, '10.0.0.3:3');
  assert.equal((await settings({ NAMESRV_ADDR: '10.0.0.3:3' })).context, undefined);
  assert.equal((await settings({}, '10.0.0.4:4')).context, undefined);
  assert.equal(
    (await settings({ NAMESRV_ADDR: '10.0.0.3:3', MQADMIN_CONTEXT: 'other' })).namesrvAddr,
    '10.0.0.2:2',
  );
  assert.equal((await settings({ MQADMIN_CONTEXT: 'other' }, undefined, 'used')).context, 'used');
  const elsewhere = await settings({}, '10.0.0.4:4', 'other');
  assert.equal(elsewhere.namesrvAddr, '10.0.0.4:4');
  assert.deepEqual(elsewhere.credentials, { accessKey: 'operator', secretKey: 'very secret' });
});

test('keys come from the variables that a context names, encryption from its file', async () => {
  const tls = join(folder, 'tls.properties');
  writeFileSync(tls, 'tls.client.verifyHostname=false\n');
  await context('add', 'live', '-n', '10.0.0.1:1', '--acl-env', 'MQ_ACCESS,MQ_SECRET', '--tls', tls);
  await assert.rejects(settings(), /takes its keys from the variables MQ_ACCESS,MQ_SECRET: set both/);
  const found = await settings({ MQ_ACCESS: 'a', MQ_SECRET: 'b' });
  assert.deepEqual(found.credentials, { accessKey: 'a', secretKey: 'b' });
  assert.equal(found.tls?.verifyHostname, false);
  assert.equal(found.tls?.authServer, true);
});

test('a context that wants to be asked is: at a terminal by the preview, elsewhere by --yes', async (t) => {
  let value = 'old';
  const namesrv = await fakeServer(t, {
    [RequestCode.GET_KV_CONFIG]: () => ({ code: 0, ext: { value } }),
    [RequestCode.PUT_KV_CONFIG]: ({ ext }) => {
      value = ext.get('value') ?? '';
      return { code: 0 };
    },
  });
  await context('add', 'live', '-n', namesrv, '--confirm');
  const change = ['updateKvConfig', '-s', 'space', '-k', 'key', '-v', 'new'];
  const nobody = await mqadmin(change, { environment });
  assert.equal(nobody.exitCode, 1);
  assert.match(nobody.errors, /ADMIN_NOT_CONFIRMED: .*add --yes/);
  const no = await mqadmin(change, { environment, ask: async () => '' });
  assert.match(
    no.errors,
    /would set key of space from old to new\n.*ADMIN_NOT_CONFIRMED: nothing was changed/,
  );
  assert.deepEqual([no.exitCode, no.output, value], [1, '', 'old']);
  const yes = await mqadmin(change, { environment, ask: async () => 'y' });
  assert.deepEqual([yes.exitCode, value], [0, 'new']);
  assert.equal((await mqadmin([...change.slice(0, -1), 'third', '--yes'], { environment })).exitCode, 0);
  assert.equal(value, 'third');
  // What only looks is not asked about, nor is anything where the cluster is named otherwise.
  assert.equal((await mqadmin(['updateOrderConf', '-m', 'get', '-t', 'T'], { environment })).exitCode, 0);
  assert.equal((await mqadmin([...change, '-n', namesrv], { environment })).exitCode, 0);
});
