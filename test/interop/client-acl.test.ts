/** Our client with an account of an official broker with access control. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AclClientRPCHook, MQBrokerError, Producer } from '@rocketmq-ts/client';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { killPair, until } from './harness/pair.ts';
import { temporaryFolder } from './harness/server.ts';

const accounts = `
accounts:
- accessKey: rocketmq1
  secretKey: "12345678"
  admin: false
  topicPerms:
  - Allowed=PUB|SUB
  - Denied=DENY
  groupPerms:
  - CG_ACL=SUB
`;

test('signed requests are let in, others are told why not', { timeout: 600_000 }, async () => {
  const folder = temporaryFolder('acl-broker');
  mkdirSync(join(folder, 'conf'), { recursive: true });
  writeFileSync(join(folder, 'conf', 'plain_acl.yml'), accounts);
  const namesrv = await startJavaNamesrv();
  const broker = await startJavaBroker({ namesrvAddr: namesrv.address, folder, config: { aclEnable: true } });
  after(() => killPair({ namesrv, broker }));
  const make = (rpcHook: AclClientRPCHook | undefined, name: string): Producer =>
    new Producer({
      producerGroup: 'PG_ACL',
      instanceName: name,
      namesrvAddr: namesrv.address,
      retryTimesWhenSendFailed: 0,
      ...(rpcHook ? { rpcHook } : {}),
    });
  const rpcHook = new AclClientRPCHook({ accessKey: 'rocketmq1', secretKey: '12345678' });
  const wrong = new AclClientRPCHook({ accessKey: 'rocketmq1', secretKey: '87654321' });
  const refusals: [AclClientRPCHook | undefined, string, RegExp][] = [
    [undefined, 'Allowed', /AclException/],
    [wrong, 'Allowed', /signature/],
    [rpcHook, 'Denied', /AclException/],
  ];
  for (const [i, [hook, topic, expected]] of refusals.entries()) {
    const producer = make(hook, `refused-${i}`);
    await producer.start();
    await assert.rejects(producer.send({ topic, body: 'x' }), (error: Error) => {
      assert.ok(error.cause instanceof MQBrokerError, String(error));
      assert.match(error.cause.remark, expected);
      return true;
    });
    await producer.shutdown();
  }
  const producer = make(rpcHook, 'allowed');
  await producer.start();
  await producer.send({ topic: 'Allowed', body: 'Grüße', tags: 'TagA', properties: { 名字: '值' } });
  await producer.send({ topic: 'Allowed', body: 'x'.repeat(5000) });
  await producer.sendOneway({ topic: 'Allowed', body: 'one-way' });
  const { consumer, consumed } = await startOurConsumer(namesrv.address, 'CG_ACL', 'Allowed', { rpcHook });
  await until('all are consumed', 30_000, () => consumed.length === 3);
  await consumer.shutdown();
  await producer.shutdown();
});
