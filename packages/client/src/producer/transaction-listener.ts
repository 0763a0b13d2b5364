/** What an application gives a transaction producer: RocketMQ's TransactionListener. */
import type { ReceivedMessage } from '../message/received-message.ts';
import type { OutgoingMessage } from './message.ts';
import { SendResult } from './send-result.ts';

/** What became of a local transaction. `UNKNOW` is RocketMQ's spelling: the broker asks again later. */
export const LocalTransactionState = {
  COMMIT_MESSAGE: 'COMMIT_MESSAGE',
  ROLLBACK_MESSAGE: 'ROLLBACK_MESSAGE',
  UNKNOW: 'UNKNOW',
} as const;
export type LocalTransactionState = (typeof LocalTransactionState)[keyof typeof LocalTransactionState];

export interface LocalTransaction<Arg> {
  readonly message: OutgoingMessage;
  /** As given to `sendMessageInTransaction`. */
  readonly arg: Arg;
  /** The message's id: what to store with the local transaction, so that a later check finds it. */
  readonly transactionId: string;
  readonly sendResult: SendResult;
}

export interface TransactionListener<Arg = unknown> {
  /**
   * Called once the half message is stored, which nobody sees yet. Throwing, or returning anything that is no state,
   * counts as UNKNOW, and is logged.
   */
  executeLocalTransaction(
    transaction: LocalTransaction<Arg>,
  ): LocalTransactionState | Promise<LocalTransactionState>;
  /**
   * Called when the broker has not heard the outcome (6 s by default) and asks for it, any member of the group: look
   * the transaction up by `message.transactionId`. Throwing counts as UNKNOW, and is logged.
   */
  checkLocalTransaction(message: ReceivedMessage): LocalTransactionState | Promise<LocalTransactionState>;
}

export class TransactionSendResult extends SendResult {
  readonly localTransactionState: LocalTransactionState;

  constructor(result: SendResult, localTransactionState: LocalTransactionState) {
    super(
      result.sendStatus,
      result.msgId,
      result.offsetMsgId,
      result.messageQueue,
      result.queueOffset,
      result.regionId,
      result.traceOn,
      result.transactionId,
    );
    this.localTransactionState = localTransactionState;
  }
}
