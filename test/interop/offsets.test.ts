/**
 * Where consumers go on: after their own restart, after a restart of the broker (SIGTERM and kill -9), and when
 * another one of their group joins or leaves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJavaBroker } from './harness/java.ts';
import {
  consumedMessages,
  javaConsume,
  javaSend,
  startJavaConsumer,
  type TestMessage,
} from './harness/java-clients.ts';
import { withProducer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sleep, until } from './harness/pair.ts';
import { assertConsumed, sampleMessages } from './harness/sample-messages.ts';

const kinds = [
  ['our broker', startOurBroker],
  ['Java broker on our name server', startJavaBroker],
] as const;

for (const [name, startBroker] of kinds) {
  test(`${name}: offsets are resumed after restarts`, { timeout: 600_000 }, async () => {
    const namesrv = await startOurNamesrv();
    const options = { namesrvAddr: namesrv.address };
    let broker = await startBroker(options);
    const { port, folder } = broker;
    const restart = () => startBroker({ ...options, port, folder });
    try {
      const all = sampleMessages(90);
      const resume = { ...options, group: 'CG_RESUME', topic: 'Resume' };
      const consume = (expected: number) => javaConsume({ ...resume, expected, quietMs: 500 });
      await javaSend(namesrv.address, 'Resume', all.slice(0, 40));
      assertConsumed(await consume(40), all.slice(0, 40));
      await javaSend(namesrv.address, 'Resume', all.slice(40, 60));
      assertConsumed(await consume(20), all.slice(40, 60));

      assert.equal((await broker.program.stop()).signal, null, 'the broker stops by itself on SIGTERM');
      broker = await restart();
      await javaSend(namesrv.address, 'Resume', all.slice(60, 75));
      assertConsumed(await consume(15), all.slice(60, 75));

      // written every 5 s: what was consumed since may come again, nothing may be left out
      await broker.program.kill();
      broker = await restart();
      await javaSend(namesrv.address, 'Resume', all.slice(75));
      const consumer = await startJavaConsumer({ ...resume, expected: 1e9 });
      const isNew = isOneOf(all.slice(75));
      const news = () => consumedMessages(consumer).filter(isNew);
      await until('all that is new was consumed', 30_000, () => news().length >= 15);
      await sleep(300);
      assertConsumed(news(), all.slice(75));
      const again = consumedMessages(consumer).filter((message) => !isNew(message));
      await consumer.kill();
      assert.ok(again.every(isOneOf(all.slice(60, 75))));
      assert.ok(again.length <= 15, `${again.length} messages came again`);
    } finally {
      await broker.program.kill();
      await namesrv.program.kill();
    }
  });
}

test('our broker: two consumers of a group share the queues, one takes over', {
  timeout: 600_000,
}, async () => {
  const namesrv = await startOurNamesrv();
  const broker = await startOurBroker({ namesrvAddr: namesrv.address });
  try {
    const namesrvAddr = namesrv.address;
    const options = { namesrvAddr, group: 'CG_SHARE', topic: 'Share', expected: 1e9 };
    await javaSend(namesrvAddr, 'Share', sampleMessages(40)); // makes the topic
    const first = await startJavaConsumer(options);
    await until('the first consumer has it all', 20_000, () => consumedMessages(first).length === 40);
    const second = await startJavaConsumer(options);
    await second.waitForLine(/Consumer started/, 15_000);
    await withProducer(namesrvAddr, (producer) =>
      until('the second one has its share', 60_000, async () => {
        for (let i = 0; i < 8; i++) await producer.send({ topic: 'Share', body: 'whose?' });
        return consumedMessages(second).some(({ body }) => body.toString() === 'whose?');
      }),
    );
    const more = sampleMessages(120).slice(40);
    await javaSend(namesrvAddr, 'Share', more);
    // what the first one had in hand when it gave queues away may come again
    const both = () => consumedMessages(first).concat(consumedMessages(second)).filter(isOneOf(more));
    const distinct = () => [...new Map(both().map((message) => [message.keys, message])).values()];
    await until('both together have the rest', 15_000, () => distinct().length >= more.length);
    await sleep(300);
    assertConsumed(distinct(), more);
    assert.ok(consumedMessages(second).length > 10, 'the second one had its share');
    first.write('end\n');
    assert.equal((await first.waitForExit(15_000)).code, 0);
    const last = sampleMessages(140).slice(120);
    const taken = () => consumedMessages(second).filter(isOneOf(last));
    await javaSend(namesrvAddr, 'Share', last);
    await until('the second one has all queues', 30_000, () => taken().length >= last.length);
    assertConsumed(taken(), last);
    await second.kill();
  } finally {
    await broker.program.kill();
    await namesrv.program.kill();
  }
});

function isOneOf(messages: readonly TestMessage[]): (consumed: { readonly keys?: string }) => boolean {
  const keysOfAll = new Set(messages.map((message) => message.keys));
  return ({ keys }) => keysOfAll.has(keys);
}
