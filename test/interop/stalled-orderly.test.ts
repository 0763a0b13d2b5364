/**
 * The ordered sample that users of 4.4.0 start from: autoCommit off, SUCCESS as the only answer. In Java it stands still once
 * its window is full, without a word; so does ours, at the same message, and says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsumeOrderlyStatus, Producer, PushConsumer } from '@rocketmq-ts/client';
import { type Logger, silentLogger } from '@rocketmq-ts/platform';
import { eventsOf, javaEvents } from './harness/java-events.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair, sleep, until } from './harness/pair.ts';

const MESSAGES = 1500;
/** pullThresholdForQueue is 1000, and a pull brings 32. */
const WINDOW = 1024;
const topic = 'StalledOrder';
const pair = sharedPair(startOurNamesrv, startOurBroker);

async function send(namesrvAddr: string): Promise<void> {
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr,
    sendMsgTimeout: 60_000,
    logger: silentLogger,
  });
  await producer.start();
  const queues = await producer.send({ topic, body: '0' }, { selector: ([first]) => first });
  for (let i = 1; i < MESSAGES; i += 100) {
    const batch = Array.from({ length: Math.min(100, MESSAGES - i) }, (_, k) => ({
      topic,
      body: String(i + k),
    }));
    await producer.sendBatch(batch, { queue: queues.messageQueue });
  }
  await producer.shutdown();
}

test('autoCommit off and SUCCESS alone: both stand still after the window; COMMIT goes on', {
  timeout: 600_000,
}, async () => {
  const namesrvAddr = (await pair()).namesrv.address;
  await send(namesrvAddr);
  const [java] = eventsOf(
    await javaEvents('OrderlyWithoutCommit', [namesrvAddr, topic, String(WINDOW)]),
    'stalled',
  );
  assert.equal(java?.consumed, WINDOW);

  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const consume = async (
    consumerGroup: string,
    status: ConsumeOrderlyStatus,
    expected: number,
  ): Promise<number> => {
    const consumer = new PushConsumer({
      consumerGroup,
      namesrvAddr,
      logger,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(topic);
    let consumed = 0;
    consumer.registerMessageListenerOrderly((messages, context) => {
      context.autoCommit = false;
      consumed += messages.length;
      return consumed % 100 === 0 ? status : ConsumeOrderlyStatus.SUCCESS;
    });
    await consumer.start();
    try {
      await until(`${expected} are consumed`, 30_000, () => consumed >= expected);
      await sleep(1000);
      return consumed;
    } finally {
      await consumer.shutdown();
    }
  };
  assert.equal(await consume('CG_OURS_STALLED', ConsumeOrderlyStatus.SUCCESS, WINDOW), WINDOW);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /stands still: the listener sets autoCommit to false and has consumed 1024 messages/,
  );
  assert.equal(await consume('CG_OURS_GOES_ON', ConsumeOrderlyStatus.COMMIT, MESSAGES), MESSAGES);
});
