/**
 * Sends messages that are delivered if, and only if, a local transaction commits: RocketMQ's TransactionMQProducer.
 *
 * Invariants: the local transaction runs only after the half message was stored (SEND_OK); its outcome is told to the
 * broker one-way, and asked for by the broker when it does not arrive; checks run a few at a time, the rest wait up to
 * `checkRequestHoldMax` and are then left to the broker to ask again.
 */
import {
  type CheckTransactionStateRequestHeader,
  DEFAULT_TOPIC,
  decodeOffsetMsgId,
  encodeEndTransactionRequestHeader,
  MessageSysFlag,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { inRange, positive } from '../client-options.ts';
import { describeError, MQClientError } from '../errors.ts';
import type { ProducerMember } from '../instance/members.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { OutgoingMessage } from './message.ts';
import { Producer, type RunningProducer } from './producer.ts';
import type { ProducerOptions } from './producer-options.ts';
import { type SendResult, SendStatus } from './send-result.ts';
import {
  LocalTransactionState,
  type TransactionListener,
  TransactionSendResult,
} from './transaction-listener.ts';

export interface TransactionProducerOptions<Arg = unknown> extends ProducerOptions {
  /** Carries out and looks up local transactions. Required. */
  readonly transactionListener: TransactionListener<Arg>;
  /** Checks at one time. Default: 1. */
  readonly checkThreadPoolMaxSize?: number;
  /** Checks that may wait. Default: 2000. */
  readonly checkRequestHoldMax?: number;
}

interface PendingCheck {
  readonly address: string;
  readonly message: ReceivedMessage;
  readonly header: CheckTransactionStateRequestHeader;
}

interface Outcome {
  readonly state: LocalTransactionState;
  readonly error: unknown;
}

const commitOrRollback: Record<LocalTransactionState, number> = {
  COMMIT_MESSAGE: MessageSysFlag.TRANSACTION_COMMIT_TYPE,
  ROLLBACK_MESSAGE: MessageSysFlag.TRANSACTION_ROLLBACK_TYPE,
  UNKNOW: MessageSysFlag.TRANSACTION_NOT_TYPE,
};

export class TransactionProducer<Arg = unknown> extends Producer {
  readonly #listener: TransactionListener<Arg>;
  readonly #createTopicKey: string;
  readonly #maxChecks: number;
  readonly #maxWaiting: number;
  readonly #waiting: PendingCheck[] = [];
  #checking = 0;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: TransactionProducerOptions<Arg>) {
    super(options);
    const listener = options.transactionListener;
    if (
      typeof listener?.executeLocalTransaction !== 'function' ||
      typeof listener.checkLocalTransaction !== 'function'
    ) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        'transactionListener must have the functions executeLocalTransaction and checkLocalTransaction',
      );
    }
    this.#listener = listener;
    this.#createTopicKey = options.createTopicKey ?? DEFAULT_TOPIC;
    this.#maxChecks = positive('checkThreadPoolMaxSize', options.checkThreadPoolMaxSize ?? 1);
    this.#maxWaiting = inRange('checkRequestHoldMax', options.checkRequestHoldMax ?? 2000, 0, 0x7fffffff);
  }

  /**
   * Stores the message unseen, runs the listener's local transaction, and has the broker deliver or drop the message. A
   * message that was stored without being flushed or replicated as configured is rolled back without running anything.
   * Rejects as `send` does; `shutdown` waits for it. The broker then asks about a half message that was stored after all.
   */
  async sendMessageInTransaction(message: OutgoingMessage, arg: Arg): Promise<TransactionSendResult> {
    const running = this.running();
    return this.track(this.#transact(running, message, arg));
  }

  async #transact(
    running: RunningProducer,
    message: OutgoingMessage,
    arg: Arg,
  ): Promise<TransactionSendResult> {
    const result = await running.sender.sendHalf(message);
    let outcome: Outcome = { state: LocalTransactionState.ROLLBACK_MESSAGE, error: undefined };
    if (result.sendStatus === SendStatus.SEND_OK) {
      const transaction = { message, arg, transactionId: result.msgId, sendResult: result };
      outcome = await this.#outcome(running, 'executeLocalTransaction', result.msgId, () =>
        this.#listener.executeLocalTransaction(transaction),
      );
    }
    await this.#end(running, result, outcome);
    return new TransactionSendResult(result, outcome.state);
  }

  /** The brokers that have its template topic ask it about transactions of its group even if it never sends. */
  protected override member(): ProducerMember {
    return {
      group: this.producerGroup,
      announcedTo: this.#createTopicKey,
      checkTransactionState: (address, message, header) => this.#check({ address, message, header }),
    };
  }

  async #outcome(
    { instance }: RunningProducer,
    what: string,
    transactionId: string,
    run: () => LocalTransactionState | Promise<LocalTransactionState>,
  ): Promise<Outcome> {
    const { logger } = instance.config;
    try {
      const state: unknown = await run();
      if (typeof state === 'string' && Object.hasOwn(LocalTransactionState, state)) {
        return { state: state as LocalTransactionState, error: undefined };
      }
      logger.error(
        `${what} returned ${String(state)}, which is no LocalTransactionState; it counts as UNKNOW`,
        {
          transactionId,
        },
      );
      return { state: LocalTransactionState.UNKNOW, error: undefined };
    } catch (error) {
      logger.error(`${what} failed; the outcome of the transaction counts as unknown`, {
        transactionId,
        error,
      });
      return { state: LocalTransactionState.UNKNOW, error };
    }
  }

  /** Never rejects: the broker asks when it hears nothing. */
  async #end({ instance }: RunningProducer, result: SendResult, { state, error }: Outcome): Promise<void> {
    const { brokerName } = result.messageQueue;
    try {
      const address = instance.routes.brokers.master(brokerName);
      if (address === undefined) throw new Error(`broker ${brokerName} has no address`);
      await instance.requests.oneway(address, {
        code: RequestCode.END_TRANSACTION,
        ext: encodeEndTransactionRequestHeader({
          producerGroup: this.producerGroup,
          tranStateTableOffset: result.queueOffset,
          commitLogOffset: decodeOffsetMsgId(result.offsetMsgId).offset,
          commitOrRollback: commitOrRollback[state],
          msgId: result.msgId,
          transactionId: result.transactionId,
        }),
        remark:
          error === undefined
            ? undefined
            : `executeLocalTransactionBranch exception: ${describeError(error)}`,
      });
    } catch (failure) {
      instance.config.logger.warn(
        `local transaction execute ${state}, but end broker transaction failed; the broker will ask for it`,
        { transactionId: result.msgId, error: failure },
      );
    }
  }

  #check(check: PendingCheck): void {
    if (!this.isRunning) return;
    this.namespace.stripMessage(check.message);
    if (this.#checking < this.#maxChecks) {
      void this.#runCheck(this.running(), check);
    } else if (this.#waiting.length < this.#maxWaiting) {
      this.#waiting.push(check);
    } else {
      this.running().instance.config.logger.warn(
        `${this.#maxWaiting} transaction checks wait (checkRequestHoldMax); another is left to the broker to repeat`,
      );
    }
  }

  /** Never rejects. */
  async #runCheck(running: RunningProducer, { address, message, header }: PendingCheck): Promise<void> {
    this.#checking++;
    try {
      const outcome = await this.#outcome(running, 'checkLocalTransaction', message.msgId, () =>
        this.#listener.checkLocalTransaction(message),
      );
      await running.instance.requests.oneway(address, {
        code: RequestCode.END_TRANSACTION,
        ext: encodeEndTransactionRequestHeader({
          producerGroup: this.producerGroup,
          tranStateTableOffset: header.tranStateTableOffset,
          commitLogOffset: header.commitLogOffset,
          commitOrRollback: commitOrRollback[outcome.state],
          fromTransactionCheck: true,
          msgId: message.msgId,
          transactionId: header.transactionId,
        }),
        remark:
          outcome.error === undefined
            ? undefined
            : `checkLocalTransactionState Exception: ${describeError(outcome.error)}`,
      });
    } catch (error) {
      running.instance.config.logger.warn(
        'the outcome of a transaction check could not be sent; the broker will ask again',
        {
          transactionId: message.msgId,
          error,
        },
      );
    } finally {
      this.#checking--;
      const next = this.#waiting.shift();
      if (next !== undefined && this.isRunning) void this.#runCheck(running, next);
    }
  }
}
