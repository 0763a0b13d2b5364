/** Our transaction producer with an official broker and with ours: committed, rolled back, asked about, by whom, when and how often. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalTransactionState, TransactionProducer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, sleep, startPair, until } from './harness/pair.ts';

const TIME_OUT_MS = 2000;
const CHECK_MAX = 3;
const config = {
  transactionTimeOut: TIME_OUT_MS,
  transactionCheckInterval: 1500,
  transactionCheckMax: CHECK_MAX,
};
const topic = 'Transactions';

/** By body: what the local transaction answers, then what each check answers; the last one holds. `throws` is no answer. */
const plans: Readonly<Record<string, readonly (LocalTransactionState | 'throws')[]>> = {
  commit: ['COMMIT_MESSAGE'],
  rollback: ['ROLLBACK_MESSAGE'],
  'unknown, commit': ['UNKNOW', 'UNKNOW', 'COMMIT_MESSAGE'],
  'unknown, rollback': ['UNKNOW', 'ROLLBACK_MESSAGE'],
  'throws, rollback': ['throws', 'ROLLBACK_MESSAGE'],
  'unknown, throws, commit': ['UNKNOW', 'throws', 'COMMIT_MESSAGE'],
  'never known': ['UNKNOW'],
};

for (const [kind, startNamesrv, startBroker] of [
  ['official', startJavaNamesrv, startJavaBroker],
  ['our', startOurNamesrv, startOurBroker],
] as const) {
  test(`transactions of our producer at the ${kind} broker`, { timeout: 600_000 }, async (t) => {
    const pair = await startPair(startNamesrv, startBroker, { config });
    const namesrvAddr = pair.namesrv.address;
    /** When each was asked about, by body. */
    const checks = new Map<string, number[]>();
    const make = (instanceName: string): TransactionProducer<string> =>
      new TransactionProducer<string>({
        producerGroup: 'PG_TX',
        namesrvAddr,
        instanceName,
        logger: silentLogger,
        transactionListener: {
          executeLocalTransaction: ({ arg }) => answer(arg, 0),
          checkLocalTransaction: (message) => {
            const body = message.body.toString();
            const times = checks.get(body) ?? [];
            checks.set(body, [...times, Date.now()]);
            return answer(body, times.length + 1);
          },
        },
      });
    const { consumer, consumed } = await startOurConsumer(namesrvAddr, 'CG_TX', topic);
    const different = () => new Set(consumed.map(({ msgId }) => msgId)).size;
    const [first, second] = [make('first'), make('second')];
    try {
      await first.start();
      // The first transactions of a broker of 4.4.0 may take it seconds.
      for (let i = 0; i < 5; i++)
        await first.sendMessageInTransaction({ topic: 'First', body: 'commit' }, 'commit');
      const sent = new Map<string, { msgId: string; startMs: number }>();
      for (const body of Object.keys(plans)) {
        const startMs = Date.now();
        const message = { topic, body, keys: `key-${sent.size}`, tags: 'TagT', properties: { own: body } };
        const result = await first.sendMessageInTransaction(message, body);
        assert.equal(result.sendStatus, 'SEND_OK');
        const state = plans[body]?.[0];
        assert.equal(result.localTransactionState, state === 'throws' ? 'UNKNOW' : state);
        sent.set(body, { msgId: result.msgId, startMs });
      }
      const times = () => Object.fromEntries([...checks].map(([body, { length }]) => [body, length]));
      const expected = {
        'unknown, commit': 2,
        'unknown, rollback': 1,
        'throws, rollback': 1,
        'unknown, throws, commit': 2,
        'never known': CHECK_MAX,
      };
      const decided = ['commit', 'rollback'];
      const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
      await until(
        'all are asked about',
        120_000,
        () => sum({ ...times(), commit: 0, rollback: 0 }) >= sum(expected),
      );
      await until('all are consumed', 120_000, () => different() >= 3);

      // Any producer of the group is asked about those of one that has gone.
      const orphan = 'unknown, then of another';
      await second.start();
      const result = await first.sendMessageInTransaction({ topic, body: orphan }, orphan);
      await first.shutdown();
      await until('that of the first producer is consumed', 120_000, () => different() >= 4);
      sent.set(orphan, { msgId: result.msgId, startMs: Date.now() });

      await sleep(2500); // another check would come now
      // A broker that is slow to take the producer's decision asks for it, and 4.4.0 then delivers the message twice.
      const askedTwice = decided.filter((body) => checks.delete(body));
      if (askedTwice.length > 0) t.diagnostic(`asked about although decided: ${askedTwice}`);
      assert.deepEqual(times(), { ...expected, [orphan]: 1 });
      for (const [body, [firstMs]] of checks) {
        const { startMs } = sent.get(body) as { startMs: number };
        if (body !== orphan)
          assert.ok((firstMs as number) - startMs >= TIME_OUT_MS, `${body} was asked about too early`);
      }
      const got = consumed.map(({ body, msgId, tags }) => `${body} ${msgId} ${tags}`).sort();
      assert.deepEqual(
        askedTwice.length > 0 ? [...new Set(got)] : got,
        [...sent]
          .filter(([body]) => /commit|another/.test(body))
          .map(([body, { msgId }]) => `${body} ${msgId} ${body === orphan ? undefined : 'TagT'}`)
          .sort(),
      );
      for (const { body, properties, topic: of } of consumed) {
        assert.equal(of, topic);
        if (body.toString() !== orphan) assert.equal(properties.own, body.toString());
      }
    } finally {
      await consumer.shutdown();
      await first.shutdown();
      await second.shutdown();
      await killPair(pair);
    }
  });
}

function answer(body: string, time: number): LocalTransactionState {
  const plan = plans[body] ?? [LocalTransactionState.UNKNOW, LocalTransactionState.COMMIT_MESSAGE];
  const state = plan[Math.min(time, plan.length - 1)];
  if (state === 'throws' || state === undefined) throw new Error('no answer');
  return state;
}
