/**
 * The transactions of a broker, put together: half messages are taken by the send path, ended by request code 37, and asked
 * about from time to time.
 */
import type { Handler } from '@rocketmq-ts/remoting';
import { endTransaction } from '../processor/end-transaction.ts';
import { EndedTransactions } from './ended-transactions.ts';
import { HalfMessages } from './half-messages.ts';
import { TransactionCheck } from './transaction-check.ts';
import type { TransactionContext } from './transaction-context.ts';

export class Transactions {
  /** Answers END_TRANSACTION. */
  readonly endTransaction: Handler;
  readonly #context: TransactionContext;
  readonly #check: TransactionCheck;

  constructor(context: TransactionContext) {
    const halves = new HalfMessages(context);
    const ended = new EndedTransactions();
    this.#context = context;
    this.#check = new TransactionCheck(context, halves, ended);
    this.endTransaction = endTransaction(context, halves, ended);
  }

  get checkIntervalMs(): number {
    return this.#context.settings.transactionCheckInterval;
  }

  /** One round of questions; a slave asks none. */
  async check(): Promise<void> {
    if (this.#context.broker.config.brokerRole !== 'SLAVE') await this.#check.run();
  }
}
