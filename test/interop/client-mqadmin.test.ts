/** The official mqadmin with our consumer: what it shows of it, and what it has it do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { javaMqadmin } from './harness/java-mqadmin.ts';
import { type OurConsumer, ourSend, startOurConsumer, withProducer } from './harness/our-clients.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';

const pair = sharedPair(startJavaNamesrv, startJavaBroker);

async function withConsumer(
  servers: Pair,
  group: string,
  topic: string,
  use: (consumer: OurConsumer) => Promise<void>,
): Promise<void> {
  const ours = await startOurConsumer(servers.namesrv.address, group, topic);
  try {
    await use(ours);
  } finally {
    await ours.consumer.shutdown();
  }
}

async function clientIdOf(servers: Pair, group: string): Promise<string> {
  const connection = await javaMqadmin(servers, 'consumerConnection', '-g', group);
  return /(\S+@\S+)/.exec(connection)?.[1] ?? '';
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ body: Buffer.from(`${i}`) }));

test('consumerConnection, consumerProgress and consumerStatus show our consumer', {
  timeout: 600_000,
}, async () => {
  const servers = await pair();
  const topic = 'AdminTopic';
  await ourSend(servers.namesrv.address, topic, numbered(20));
  await withConsumer(servers, 'CG_ADMIN', topic, async ({ consumed }) => {
    await until('all are consumed', 20_000, () => consumed.length === 20);
    let progress = '';
    await until('the offsets are stored', 30_000, async () => {
      progress = await javaMqadmin(servers, 'consumerProgress', '-g', 'CG_ADMIN');
      return progress.includes('Diff Total: 0');
    });
    assert.match(progress, new RegExp(`${topic}\\s+broker-a\\s+0\\s+5\\s+5`));
    const connection = await javaMqadmin(servers, 'consumerConnection', '-g', 'CG_ADMIN');
    assert.match(connection, /OTHER\s+V4_4_0/);
    assert.match(connection, /ConsumeType: CONSUME_PASSIVELY/);
    assert.match(connection, new RegExp(`Topic: ${topic}\\s+SubExpression: \\*`));
    const clientId = await clientIdOf(servers, 'CG_ADMIN');
    const status = await javaMqadmin(servers, 'consumerStatus', '-g', 'CG_ADMIN', '-i', clientId);
    assert.match(status, /#Consumer Properties#/);
    assert.match(status, /allocateMessageQueueStrategy\s+: AVG/);
    assert.match(status, new RegExp(`${topic}\\s+broker-a\\s+0\\s+5`));
  });
});

test('resetOffsetByTime has our consumer start again', { timeout: 600_000 }, async () => {
  const servers = await pair();
  const topic = 'ResetTopic';
  await ourSend(servers.namesrv.address, topic, numbered(8));
  await withConsumer(servers, 'CG_RESET', topic, async ({ consumed }) => {
    await until('all are consumed', 20_000, () => consumed.length === 8);
    await until('the offsets are stored', 30_000, async () =>
      (await javaMqadmin(servers, 'consumerProgress', '-g', 'CG_RESET')).includes('Diff Total: 0'),
    );
    const args = ['resetOffsetByTime', '-g', 'CG_RESET', '-t', topic, '-s', '0', '-f', 'true'];
    assert.match(await javaMqadmin(servers, ...args), /broker-a\s+3\s+0/);
    await until('all came again', 40_000, () => consumed.length === 16);
  });
});

test('queryMsgById with a client has our consumer consume a message again', {
  timeout: 600_000,
}, async () => {
  const servers = await pair();
  await withConsumer(servers, 'CG_DIRECT', 'DirectTopic', async ({ consumed }) => {
    const { offsetMsgId } = await withProducer(servers.namesrv.address, (producer) =>
      producer.send({ topic: 'DirectTopic', body: 'x' }),
    );
    await until('it is consumed', 45_000, () => consumed.length === 1);
    const clientId = await clientIdOf(servers, 'CG_DIRECT');
    const args = ['queryMsgById', '-i', offsetMsgId, '-g', 'CG_DIRECT', '-d', clientId];
    assert.match(await javaMqadmin(servers, ...args), /CR_SUCCESS/);
    assert.equal(consumed.length, 2);
  });
});
