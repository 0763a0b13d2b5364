/**
 * One store folder, opened in turns by our broker and the Java broker after clean stops: each finds what the other
 * wrote, appends, and resumes the consumers' offsets. And a sample of `npm run soak exchange`, with kills.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeRound } from './harness/exchange-round.ts';
import { startJavaBroker } from './harness/java.ts';
import { javaConsume, javaSend } from './harness/java-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { freeBrokerPort } from './harness/ports.ts';
import { readTopic } from './harness/read-topic.ts';
import { assertConsumed, assertStored, sampleMessages } from './harness/sample-messages.ts';
import { type StartBroker, temporaryFolder } from './harness/server.ts';

const STEP = 60;

const orders: [string, StartBroker[]][] = [
  ['ours, Java, ours, Java', [startOurBroker, startJavaBroker, startOurBroker, startJavaBroker]],
  ['Java, ours, Java, ours', [startJavaBroker, startOurBroker, startJavaBroker, startOurBroker]],
];

for (const [name, brokers] of orders) {
  test(`a store goes from hand to hand: ${name}`, { timeout: 600_000 }, async () => {
    const namesrv = await startOurNamesrv();
    const folder = temporaryFolder('exchange');
    const port = await freeBrokerPort();
    const all = sampleMessages(STEP * brokers.length);
    // small files, so that the log rolls over on the way; the same sizes for both
    const config = {
      mapedFileSizeCommitLog: 128 * 1024,
      mapedFileSizeConsumeQueue: 20 * 50,
      maxMessageSize: 64 * 1024,
    };
    try {
      for (const [step, startBroker] of brokers.entries()) {
        const broker = await startBroker({ namesrvAddr: namesrv.address, port, folder, config });
        try {
          const before = all.slice(0, STEP * step);
          const now = all.slice(STEP * step, STEP * (step + 1));
          assertStored(await readTopic(broker.address, 'Exchange'), before);
          await javaSend(namesrv.address, 'Exchange', now);
          assertStored(await readTopic(broker.address, 'Exchange'), [...before, ...now]);
          const options = { namesrvAddr: namesrv.address, group: 'CG_EXCHANGE', topic: 'Exchange' };
          assertConsumed(await javaConsume({ ...options, expected: STEP, quietMs: 500 }), now);
          const exit = await broker.program.stop();
          assert.equal(exit.signal, null, 'a clean stop');
        } finally {
          await broker.program.kill();
        }
      }
    } finally {
      await namesrv.program.kill();
    }
  });
}

test('from Java to ours to Java, each killed: keys, delayed and half messages too', {
  timeout: 600_000,
}, async (t) => {
  t.diagnostic(JSON.stringify(await exchangeRound(3)));
});
