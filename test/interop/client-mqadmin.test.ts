/** The official mqadmin with our consumer: what it shows of it, and what it has it do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJavaMain, startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { ourSend, startOurConsumer, withProducer } from './harness/our-clients.ts';
import { sharedPair, sleep, until } from './harness/pair.ts';

const pair = sharedPair(startJavaNamesrv, startJavaBroker);

function mqadmin(namesrvAddr: string, ...args: string[]): Promise<string> {
  return runJavaMain('org.apache.rocketmq.tools.command.MQAdminStartup', [...args, '-n', namesrvAddr]).then(
    (lines) => lines.join('\n'),
  );
}

test('consumerConnection, consumerProgress and consumerStatus show our consumer', {
  timeout: 120_000,
}, async () => {
  const { namesrv } = await pair();
  const topic = 'AdminTopic';
  await ourSend(
    namesrv.address,
    topic,
    Array.from({ length: 20 }, (_, i) => ({ body: Buffer.from(`${i}`) })),
  );
  const ours = await startOurConsumer(namesrv.address, 'CG_ADMIN', topic);
  await until('all are consumed', 20_000, () => ours.consumed.length === 20);
  await until('offsets are stored', 15_000, async () => {
    const progress = await mqadmin(namesrv.address, 'consumerProgress', '-g', 'CG_ADMIN');
    return /Diff Total: 0/.test(progress) && progress.includes(topic);
  });
  const connection = await mqadmin(namesrv.address, 'consumerConnection', '-g', 'CG_ADMIN');
  assert.match(connection, /OTHER/);
  assert.match(connection, /V4_4_0/);
  assert.match(connection, /CONSUME_PASSIVELY/);
  assert.match(connection, new RegExp(`${topic}\\s+SubExpression: \\*`));
  const clientId = /(\S+@\S+)/.exec(connection)?.[1] ?? '';
  const status = await mqadmin(namesrv.address, 'consumerStatus', '-g', 'CG_ADMIN', '-i', clientId);
  assert.match(status, /#Consumer Properties#/);
  assert.match(status, /allocateMessageQueueStrategy\s+: AVG/);
  assert.match(status, new RegExp(`${topic}\\s+broker-a\\s+0\\s+5`));
  await ours.consumer.shutdown();
});

test('resetOffsetByTime has our consumer start again', { timeout: 120_000 }, async () => {
  const { namesrv } = await pair();
  const topic = 'ResetTopic';
  await ourSend(
    namesrv.address,
    topic,
    Array.from({ length: 8 }, (_, i) => ({ body: Buffer.from(`${i}`) })),
  );
  const ours = await startOurConsumer(namesrv.address, 'CG_RESET', topic);
  await until('all are consumed', 20_000, () => ours.consumed.length === 8);
  await sleep(6000); // the offsets are stored
  const answer = await mqadmin(
    namesrv.address,
    'resetOffsetByTime',
    '-g',
    'CG_RESET',
    '-t',
    topic,
    '-s',
    '0',
    '-f',
    'true',
  );
  assert.match(answer, /ResetTopic/);
  await until('all came again', 40_000, () => ours.consumed.length === 16);
  await ours.consumer.shutdown();
});

test('queryMsgById with a client has our consumer consume a message again', {
  timeout: 120_000,
}, async () => {
  const { namesrv } = await pair();
  const ours = await startOurConsumer(namesrv.address, 'CG_DIRECT', 'DirectTopic');
  const { offsetMsgId } = await withProducer(namesrv.address, (producer) =>
    producer.send({ topic: 'DirectTopic', body: 'x' }),
  );
  await until('it is consumed', 45_000, () => ours.consumed.length === 1);
  const connection = await mqadmin(namesrv.address, 'consumerConnection', '-g', 'CG_DIRECT');
  const clientId = /(\S+@\S+)/.exec(connection)?.[1] ?? '';
  const answer = await mqadmin(
    namesrv.address,
    'queryMsgById',
    '-i',
    offsetMsgId,
    '-g',
    'CG_DIRECT',
    '-d',
    clientId,
  );
  assert.match(answer, /CR_SUCCESS/);
  assert.equal(ours.consumed.length, 2);
  await ours.consumer.shutdown();
});
