import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCertificate, realPlatform } from '@rocketmq-ts/platform';
import { encodeKVTable, encodeTopicList, RequestCode, verifySignature } from '@rocketmq-ts/protocol';
import { readTlsSettings, ServerTls } from '@rocketmq-ts/remoting';
import { parseAddresses } from '../src/admin-connection.ts';
import { AdminAnswerError, AdminClient, AdminError } from '../src/index.ts';
import { fakeServer } from './fake-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const platform = realPlatform();

function client(t: TestContext, options: ConstructorParameters<typeof AdminClient>[0]) {
  const admin = new AdminClient(options);
  t.after(() => admin.close());
  return admin;
}

const topics = (...topicList: string[]) => ({ code: 0, body: encodeTopicList({ topicList }) });

test('name servers are asked in turn until one answers', async (t) => {
  const alive = await fakeServer(t, { [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER]: () => topics('T') });
  const admin = client(t, { namesrvAddr: `127.0.0.1:1;${alive}` });
  assert.deepEqual(await admin.fetchAllTopicList(), ['T']);
  await assert.rejects(client(t, { namesrvAddr: '127.0.0.1:1' }).fetchAllTopicList(), {
    code: 'ADMIN_NAME_SERVER_UNREACHABLE',
  });
  await assert.rejects(client(t, { namesrvAddr: '' }).fetchAllTopicList(), { code: 'ADMIN_NO_NAME_SERVER' });
});

test('a refusal counts once every name server has refused', async (t) => {
  const refuse = { [RequestCode.GET_ROUTEINTO_BY_TOPIC]: () => ({ code: 17, remark: 'not here' }) };
  const [first, second] = [await fakeServer(t, refuse), await fakeServer(t, refuse)];
  const admin = client(t, { namesrvAddr: [first, second] });
  await assert.rejects(admin.examineTopicRouteInfo('T'), (error) => {
    assert.ok(error instanceof AdminAnswerError);
    assert.deepEqual([error.code, error.address, error.remark], ['TOPIC_NOT_EXIST', first, 'not here']);
    return true;
  });
});

test('every request is signed over all its fields', async (t) => {
  const address = await fakeServer(t, {
    [RequestCode.VIEW_BROKER_STATS_DATA]: ({ ext, body }) =>
      verifySignature(ext, body, 'secret') ? { code: 1, remark: 'right' } : { code: 1, remark: 'wrong' },
  });
  const admin = client(t, { credentials: { accessKey: 'key', secretKey: 'secret' } });
  await assert.rejects(admin.viewBrokerStatsData(address, 'TOPIC_PUT_NUMS', 'T'), { remark: 'right' });
});

test('connections are encrypted when asked for, to servers that are proved', async (t) => {
  const folder = temporaryFolder();
  const nowMs = platform.clock.now();
  const valid = { validFromMs: nowMs - 86_400_000, validUntilMs: nowMs + 86_400_000 };
  const issuer = createCertificate({ commonName: 'CA', isAuthority: true, ...valid });
  const identity = createCertificate({ commonName: 'server', names: ['127.0.0.1'], issuer, ...valid });
  const files = { ca: issuer.certificatePem, crt: identity.certificatePem, key: identity.keyPem };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const given = new Map([
    ['tls.config.file', join(folder, 'settings')],
    ['tls.server.mode', 'enforcing'],
    ['tls.server.certPath', join(folder, 'crt')],
    ['tls.server.keyPath', join(folder, 'key')],
  ]);
  writeFileSync(join(folder, 'settings'), '');
  const tls = ServerTls.open(platform, readTlsSettings(platform.fileSystem, given).server);
  t.after(() => tls.stop());
  const table = new Map([['brokerVersionDesc', 'V4_4_0']]);
  const address = await fakeServer(
    t,
    { [RequestCode.GET_BROKER_RUNTIME_INFO]: () => ({ code: 0, body: encodeKVTable({ table }) }) },
    tls,
  );
  const admin = client(t, { tls: { trustCertPath: join(folder, 'ca') } });
  assert.deepEqual((await admin.fetchBrokerRuntimeStats(address)).table, table);
  await assert.rejects(client(t, { tls: {} }).fetchBrokerRuntimeStats(address));
  await assert.rejects(client(t, { timeoutMs: 1000 }).fetchBrokerRuntimeStats(address));
});

test('addresses are host:port', () => {
  assert.deepEqual(parseAddresses(' a:1; b:2;a:1;'), ['a:1', 'b:2']);
  assert.throws(
    () => parseAddresses('localhost'),
    (error) => error instanceof AdminError && error.code === 'ADMIN_USAGE',
  );
});
