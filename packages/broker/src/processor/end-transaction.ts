/**
 * END_TRANSACTION (37): a producer commits a half message, rolls it back, or does not know yet. Sent one-way.
 *
 * Commit appends the final message and, once that is safe, the op message that says the half message is done with (4.4.0: right
 * behind it, so that a power failure may keep the op and lose the message); rollback the op message alone; unknown changes nothing, the broker will ask.
 *
 * Invariant: a transaction whose final message is lost to a failed write has not ended: the broker asks about it again.
 *
 * Counterpart in RocketMQ: EndTransactionProcessor.
 */
import {
  decodeRecord,
  ExtReader,
  type MessageExt,
  MessageSysFlag,
  PropertyKey,
  ResponseCode,
  TRANS_HALF_TOPIC,
} from '@rocketmq-ts/protocol';
import { type Handler, type Response, ResponseError } from '@rocketmq-ts/remoting';
import { AppendStatus } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import { appendRefusal } from '../send/append-refusal.ts';
import { WaitOutcome } from '../send/waiting-sends.ts';
import type { EndedTransactions } from '../transaction/ended-transactions.ts';
import type { HalfMessages } from '../transaction/half-messages.ts';
import type { TransactionContext } from '../transaction/transaction-context.ts';

const SUCCESS: Response = { code: ResponseCode.SUCCESS };

export function endTransaction(
  { broker: context, completion }: Pick<TransactionContext, 'broker' | 'completion'>,
  halves: HalfMessages,
  ended: EndedTransactions,
): Handler {
  return async (request) => {
    if (context.config.brokerRole === 'SLAVE') {
      throw new ResponseError(
        ResponseCode.SLAVE_NOT_AVAILABLE,
        'a slave ends no transactions: ask its master',
      );
    }
    const ext = new ExtReader(request.code, request.ext);
    const decision = ext.int('commitOrRollback');
    if (decision === MessageSysFlag.TRANSACTION_NOT_TYPE) return SUCCESS;
    if (
      decision !== MessageSysFlag.TRANSACTION_COMMIT_TYPE &&
      decision !== MessageSysFlag.TRANSACTION_ROLLBACK_TYPE
    ) {
      throw new ResponseError(
        ResponseCode.SYSTEM_ERROR,
        `commitOrRollback is ${decision}: expected 8 (commit), 12 (rollback) or 0 (unknown)`,
      );
    }
    const producerGroup = ext.string('producerGroup');
    const half = await findHalf(context, ext, producerGroup);
    const uniqKey = half.properties.get(PropertyKey.UNIQ_KEY);
    if (uniqKey !== undefined && ended.has(producerGroup, uniqKey)) {
      context.log.warn('a transaction was ended a second time: the first decision holds', {
        producerGroup,
        uniqKey,
        decision,
      });
      return SUCCESS;
    }
    const remember = (): void => {
      if (uniqKey === undefined) return;
      ended.add(producerGroup, uniqKey);
      completion.whenSafe(false, (outcome) => {
        if (outcome === WaitOutcome.failed) ended.forget(producerGroup, uniqKey);
      });
    };
    if (decision === MessageSysFlag.TRANSACTION_COMMIT_TYPE) {
      appendFinal(context, halves, half);
      // Even if the op cannot be written any more: what consumers have got must not be delivered again.
      remember();
      if (!(await completion.isSafe()))
        throw refused('the message was not stored safely: the broker asks again');
    }
    mustBeStored(context, halves.appendOp(half.queueId, half.queueOffset));
    remember();
    return SUCCESS;
  };
}

async function findHalf(context: BrokerContext, ext: ExtReader, producerGroup: string): Promise<MessageExt> {
  const commitLogOffset = ext.long('commitLogOffset');
  const record = commitLogOffset < 0 ? undefined : await context.store.messageByOffset(commitLogOffset);
  const half = record === undefined ? undefined : decodeRecord(record, 0, { inflate: false });
  if (half === undefined || half.topic !== TRANS_HALF_TOPIC) {
    throw refused('Find prepared transaction message failed');
  }
  if (half.properties.get(PropertyKey.PGROUP) !== producerGroup) throw refused('The producer group wrong');
  if (half.queueOffset !== ext.long('tranStateTableOffset'))
    throw refused('The transaction state table offset wrong');
  return half;
}

function appendFinal(context: BrokerContext, halves: HalfMessages, half: MessageExt): void {
  const topic = half.properties.get(PropertyKey.REAL_TOPIC) ?? '';
  const entry = context.topics.find(topic);
  if (entry === undefined) {
    throw new ResponseError(
      ResponseCode.TOPIC_NOT_EXIST,
      `topic[${topic}] not exist: it was deleted before the commit`,
    );
  }
  mustBeStored(context, halves.appendFinal(half, entry.storeTopic));
  entry.putNums++;
  entry.putSizeBytes += context.store.lastAppend.sizeBytes;
  context.stats.putNums++;
  context.stats.putSizeBytes += context.store.lastAppend.sizeBytes;
}

function mustBeStored(context: BrokerContext, status: AppendStatus): void {
  if (status === AppendStatus.PUT_OK) return;
  const refusal = appendRefusal(status, context);
  throw new ResponseError(refusal.code, refusal.remark);
}

function refused(remark: string): ResponseError {
  return new ResponseError(ResponseCode.SYSTEM_ERROR, remark);
}
