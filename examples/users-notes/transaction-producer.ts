/**
 * TransactionProducer and its TransactionListenerImpl: messages that are delivered only if a local transaction commits. Here
 * none knows its outcome at first; the broker asks (after `transactionTimeOut`, every `transactionCheckInterval`), and of three
 * one commits, one rolls back, and one never knows, until the broker gives it up (`transactionCheckMax`). Ends on SIGINT.
 */
import { LocalTransactionState, TransactionProducer } from '@rocketmq-ts/client';

let transactionIndex = 0;
const localTransactions = new Map<string, number>();

const producer = new TransactionProducer<undefined>({
  producerGroup: 'example_producer_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  transactionListener: {
    /** The local transaction; it runs once the message is stored and before anybody sees it. */
    executeLocalTransaction({ transactionId }) {
      localTransactions.set(transactionId, transactionIndex++ % 3);
      return LocalTransactionState.UNKNOW;
    },
    /** The broker's question. It may reach another producer of the group: look into a database, not into this process. */
    checkLocalTransaction(message) {
      const status = localTransactions.get(message.msgId);
      console.log(`asked about ${message.body}: ${status}`);
      if (status === 0) return LocalTransactionState.UNKNOW;
      return status === 2 ? LocalTransactionState.ROLLBACK_MESSAGE : LocalTransactionState.COMMIT_MESSAGE;
    },
  },
});
await producer.start();
const tags = ['TagA', 'TagB', 'TagC', 'TagD', 'TagE'];
for (let i = 0; i < 10; i++) {
  const message = {
    topic: 'TopicTest-1',
    tags: tags[i % tags.length],
    keys: `KEY${i}`,
    body: `Hello RocketMQ ${i}`,
  };
  console.log(String(await producer.sendMessageInTransaction(message, undefined)));
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void producer.shutdown());
