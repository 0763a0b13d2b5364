/**
 * What becomes of a half message: the final message, the op message that says it is done with, the copy that is asked about.
 *
 * Counterpart in RocketMQ: TransactionalMessageBridge and EndTransactionProcessor.endMessageTransaction.
 */
import {
  encodeRecord,
  type MessageExt,
  MessageSysFlag,
  PropertyKey,
  parseHost,
  TRANS_OP_HALF_TOPIC,
  UniqueIdGenerator,
  withTransactionType,
} from '@rocketmq-ts/protocol';
import { AppendStatus, type TopicKey } from '@rocketmq-ts/store';
import { bornHere, type OwnMessage } from '../send/message-writer.ts';
import { OP_REMOVE_TAG } from './op-log.ts';
import type { TransactionContext } from './transaction-context.ts';

export class HalfMessages {
  readonly #context: TransactionContext;
  readonly #uniqueIds: UniqueIdGenerator;

  constructor(context: TransactionContext) {
    this.#context = context;
    const { platform, storeHost } = context.broker;
    this.#uniqueIds = new UniqueIdGenerator({
      clock: platform.clock,
      random: platform.random,
      ip: storeHost.ip,
      pid: process.pid,
    });
  }

  /** Appends the message that consumers see. A DELAY is obeyed now, which 4.4.0 does at the half message and so loses it. */
  appendFinal(half: MessageExt, topic: TopicKey): AppendStatus {
    return this.#context.writer.append({
      ...this.#like(half, topic),
      queueId: Number(half.properties.get(PropertyKey.REAL_QID)),
      sysFlag: withTransactionType(half.sysFlag, MessageSysFlag.TRANSACTION_COMMIT_TYPE),
      reconsumeTimes: half.reconsumeTimes,
      preparedTransactionOffset: half.commitLogOffset,
      delayLevel: Number(half.properties.get(PropertyKey.DELAY) ?? 0),
    });
  }

  /** Says in the op topic that the half message at `queueOffset` is done with. */
  appendOp(queueId: number, queueOffset: number): AppendStatus {
    const { broker, writer } = this.#context;
    return writer.append(
      bornHere(broker, {
        topic: broker.store.topic(TRANS_OP_HALF_TOPIC),
        queueId,
        properties: new Map([
          [PropertyKey.TAGS, OP_REMOVE_TAG],
          [PropertyKey.UNIQ_KEY, this.#uniqueIds.next()],
        ]),
        body: Buffer.from(String(queueOffset)),
      }),
    );
  }

  /** Appends a copy at the end of the half queue; undefined when the store refuses it. */
  putBack(half: MessageExt, properties: ReadonlyMap<string, string>): MessageExt | undefined {
    const { store } = this.#context.broker;
    const message = { ...this.#like(half, store.topic(half.topic)), properties };
    if (this.#context.writer.append(message) !== AppendStatus.PUT_OK) return undefined;
    const { queueOffset, physicalOffset, storeTimestamp } = store.lastAppend;
    return {
      ...half,
      properties: new Map(properties),
      queueOffset,
      commitLogOffset: physicalOffset,
      storeTimestamp,
    };
  }

  /** The body of the question: the half message as its producer sent it. */
  encodeQuestion(half: MessageExt): Buffer {
    return encodeRecord({
      ...half,
      topic: half.properties.get(PropertyKey.REAL_TOPIC) ?? half.topic,
      queueId: Number(half.properties.get(PropertyKey.REAL_QID) ?? half.queueId),
    });
  }

  #like(half: MessageExt, topic: TopicKey): OwnMessage {
    const born = parseHost(half.bornHost);
    return {
      topic,
      queueId: half.queueId,
      flag: half.flag,
      sysFlag: half.sysFlag,
      bornTimestamp: half.bornTimestamp,
      bornIp: born.ip,
      bornPort: born.port,
      reconsumeTimes: half.reconsumeTimes,
      preparedTransactionOffset: 0,
      properties: half.properties,
      body: half.body,
      delayLevel: 0,
    };
  }
}
