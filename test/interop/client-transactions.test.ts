/** Our transaction producer with an official broker: committed, rolled back, asked about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalTransactionState, TransactionProducer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, sleep, startPair, until } from './harness/pair.ts';

const config = { transactionTimeOut: 1000, transactionCheckInterval: 1500 };

for (const [kind, startNamesrv, startBroker] of [
  ['official', startJavaNamesrv, startJavaBroker],
  ['our', startOurNamesrv, startOurBroker],
] as const) {
  test(`transactions of our producer at the ${kind} broker`, { timeout: 600_000 }, async () => {
    const pair = await startPair(startNamesrv, startBroker, { config });
    const namesrvAddr = pair.namesrv.address;
    const checked = new Map<string, number>();
    const producer = new TransactionProducer<string>({
      producerGroup: 'PG_TX',
      namesrvAddr,
      logger: silentLogger,
      transactionListener: {
        executeLocalTransaction: ({ arg }) => {
          if (arg === 'throws') throw new Error('lost');
          return arg === 'commit' ? 'COMMIT_MESSAGE' : arg === 'rollback' ? 'ROLLBACK_MESSAGE' : 'UNKNOW';
        },
        checkLocalTransaction: (message) => {
          const body = message.body.toString();
          const times = (checked.get(body) ?? 0) + 1;
          checked.set(body, times);
          if (body === 'throws') return LocalTransactionState.ROLLBACK_MESSAGE;
          return times < 2 ? LocalTransactionState.UNKNOW : LocalTransactionState.COMMIT_MESSAGE;
        },
      },
    });
    const { consumer, consumed } = await startOurConsumer(namesrvAddr, 'CG_TX', 'Transactions');
    try {
      await producer.start();
      for (const body of ['commit', 'rollback', 'throws', 'unknown']) {
        const result = await producer.sendMessageInTransaction(
          { topic: 'Transactions', body, keys: body },
          body,
        );
        assert.equal(result.sendStatus, 'SEND_OK');
      }
      await until('both are consumed', 60_000, () => consumed.length >= 2);
      await sleep(2000);
      assert.deepEqual(consumed.map((message) => message.body.toString()).sort(), ['commit', 'unknown']);
      assert.equal(checked.get('unknown'), 2);
      assert.equal(checked.get('throws'), 1);
      assert.equal(checked.has('commit'), false);
    } finally {
      await consumer.shutdown();
      await producer.shutdown();
      await killPair(pair);
    }
  });
}
