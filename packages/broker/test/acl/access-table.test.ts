/**
 * Every request code of 4.4.0, sent over the wire to a broker with access control: without a signature, with a wrong secret,
 * with low rights, with exactly the rights it needs, and by an administrator. docs/access-control.md has the same table.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { RequestCode, requestCodeName, type SessionCredentials, signRequest } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { testHost } from '../support/host-facts.ts';
import { ACCESS_ROWS, GROUP, type Needs, TOPIC } from './requests.ts';

const account = (name: string): SessionCredentials => ({
  accessKey: `${name}-key`,
  secretKey: `${name}-secret`,
});
const ADMIN = account('admin');

const ACCOUNTS = `
accounts:
- accessKey: admin-key
  secretKey: admin-secret
  admin: true
- accessKey: nothing-key
  secretKey: nothing-secret
- accessKey: publisher-key
  secretKey: publisher-secret
  topicPerms: [${TOPIC}=PUB]
- accessKey: reader-key
  secretKey: reader-secret
  topicPerms: [${TOPIC}=SUB]
- accessKey: member-key
  secretKey: member-secret
  groupPerms: [${GROUP}=SUB]
- accessKey: consumer-key
  secretKey: consumer-secret
  topicPerms: [${TOPIC}=SUB]
  groupPerms: [${GROUP}=SUB]
- accessKey: returner-key
  secretKey: returner-secret
  topicPerms: [${TOPIC}=PUB]
  groupPerms: [${GROUP}=SUB]
`;
const LOW = ['nothing', 'publisher', 'reader', 'member', 'consumer', 'returner'] as const;

/** Which of the accounts without the administrator's rights may make a request that needs this. */
const ALLOWED: Readonly<Record<Needs, readonly (typeof LOW)[number][]>> = {
  'any account': LOW,
  administrator: [],
  'PUB topic': ['publisher', 'returner'],
  'SUB topic': ['reader', 'consumer'],
  'SUB group': ['member', 'consumer', 'returner'],
  'SUB topic, SUB group': ['consumer'],
  'PUB topic, SUB group': ['returner'],
};

let folder: string;
let broker: Broker;
let client: RemotingClient;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'acl-'));
  mkdirSync(join(folder, 'conf'));
  writeFileSync(join(folder, 'conf', 'plain_acl.yml'), ACCOUNTS);
  const settings = {
    rocketmqHome: folder,
    aclEnable: 'true',
    brokerName: 'broker-a',
    brokerIP1: '127.0.0.1',
    listenHost: '127.0.0.1',
    listenPort: '0',
    storePathRootDir: join(folder, 'store'),
    mapedFileSizeCommitLog: '1048576',
    maxMessageSize: '65536',
    zeroAheadBytes: '1048576',
  };
  const overrides = new Map(Object.entries(settings));
  const config = BrokerConfig.load({ host: { ...testHost, homeFolder: folder }, overrides });
  broker = await Broker.start(realPlatform(), config);
  client = new RemotingClient({ platform: realPlatform() });
  const topic = { ...ACCESS_ROWS.get(RequestCode.UPDATE_AND_CREATE_TOPIC)!.ext, topic: TOPIC };
  assert.equal((await ask(RequestCode.UPDATE_AND_CREATE_TOPIC, topic, undefined, ADMIN)).code, 0);
  const group = Buffer.from(`{"groupName":"${GROUP}","retryQueueNums":1,"consumeEnable":true}`);
  assert.equal((await ask(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, {}, group, ADMIN)).code, 0);
});

after(async () => {
  await client?.close(0);
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(
  code: number,
  given: Readonly<Record<string, string | number | boolean>>,
  body: Buffer | undefined,
  credentials?: SessionCredentials,
  sign = credentials,
): Promise<{ code: number; remark: string }> {
  const ext = new Map(Object.entries(given).map(([name, value]) => [name, String(value)]));
  if (sign !== undefined) for (const [name, value] of signRequest(ext, body, sign)) ext.set(name, value);
  const answer = await client.invoke(broker.address, { code, ext, ...(body && { body }) }, 60_000);
  return { code: answer.code, remark: answer.remark ?? '' };
}

const DENIED = 'org.apache.rocketmq.acl.common.AclException: ';
const denied = (remark: string) => ({ code: 1, remark: DENIED + remark });

for (const [name, code] of Object.entries(RequestCode)) {
  const row = ACCESS_ROWS.get(code);
  test(`${name} (${code}): ${row?.needs ?? 'nobody'}`, async () => {
    const { ext, body } = row ?? { ext: {}, body: undefined };
    assert.deepEqual(await ask(code, ext, body), denied('No accessKey is configured'));
    const wrong = { ...ADMIN, secretKey: 'wrong-secret' };
    assert.deepEqual(
      await ask(code, ext, body, wrong),
      denied('Check signature failed for accessKey=admin-key'),
    );
    const unlisted = denied(
      `request code=${code} (${requestCodeName(code)}) is not allowed under access control`,
    );
    for (const who of LOW) {
      const answer = await ask(code, ext, body, account(who));
      if (row === undefined) assert.deepEqual(answer, unlisted, who);
      else if (ALLOWED[row.needs].includes(who)) assert.ok(!answer.remark.startsWith(DENIED), who);
      else if (row.needs === 'administrator') {
        const need = `Need admin permission for request code=${code}, but accessKey=${who}-key is not`;
        assert.deepEqual(answer, denied(need), who);
      } else {
        assert.equal(answer.code, 1, who);
        assert.match(
          answer.remark.slice(DENIED.length),
          /^No default permission for (Orders|%RETRY%Billing)$/,
          who,
        );
      }
    }
    const answer = await ask(code, ext, body, ADMIN);
    if (row === undefined) assert.deepEqual(answer, unlisted);
    else {
      assert.ok(!answer.remark.startsWith(DENIED), answer.remark);
      assert.equal(answer.code, row.answer, answer.remark);
    }
  });
}

test('a signature of other fields or of another body does not do', async () => {
  const { ext } = ACCESS_ROWS.get(RequestCode.GET_MAX_OFFSET)!;
  const signed = new Map(Object.entries(ext).map(([name, value]) => [name, String(value)]));
  for (const [name, value] of signRequest(signed, undefined, ADMIN)) signed.set(name, value);
  signed.set('queueId', '1');
  const wrong = denied('Check signature failed for accessKey=admin-key');
  assert.deepEqual(await ask(RequestCode.GET_MAX_OFFSET, Object.fromEntries(signed), undefined), wrong);
  signed.set('queueId', '0');
  assert.equal((await ask(RequestCode.GET_MAX_OFFSET, Object.fromEntries(signed), undefined)).code, 0);
  const body = await ask(RequestCode.GET_MAX_OFFSET, Object.fromEntries(signed), Buffer.from('x'));
  assert.deepEqual(body, wrong);
});

test('docs/access-control.md says of every code what the broker does', () => {
  const document = readFileSync(new URL('../../../../../docs/access-control.md', import.meta.url), 'utf8');
  const told = new Map<number, string>();
  for (const [, name, code, needs] of document.matchAll(/^\| `(\w+)` \| (\d+) \| (.*?) \|$/gm)) {
    assert.equal(requestCodeName(Number(code)), name);
    told.set(Number(code), needs!);
  }
  assert.deepEqual(told, new Map([...ACCESS_ROWS].map(([code, { needs }]) => [code, needs])));
});
