/**
 * SEND_MESSAGE (10), SEND_MESSAGE_V2 (310) and SEND_BATCH_MESSAGE (320): checks a message and appends it to the log.
 *
 * The body is stored as it came. The answer is given by SendCompletion once the message is where it was promised to be; a
 * one-way send is never answered, whatever becomes of it. Whether it is a batch is told by its header, not by its code.
 *
 * Invariant: nothing of the request is kept after the call; no object is made for an ordinary message.
 *
 * Counterpart in RocketMQ: SendMessageProcessor.
 */
import {
  FLAG_ONEWAY,
  type HeaderView,
  MessageSysFlag,
  ResponseCode,
  transactionType,
} from '@rocketmq-ts/protocol';
import type { Connection, RawHandler } from '@rocketmq-ts/remoting';
import { type AppendRequest, AppendStatus } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import { appendRefusal } from '../send/append-refusal.ts';
import type { MessageRouter } from '../send/message-router.ts';
import { PropertyScan } from '../send/property-scan.ts';
import { SendAdmission } from '../send/send-admission.ts';
import type { SendCompletion } from '../send/send-completion.ts';
import { SendHeader } from '../send/send-header.ts';

export class SendMessage {
  readonly #context: BrokerContext;
  readonly #completion: SendCompletion;
  readonly #router: MessageRouter;
  readonly #header = new SendHeader();
  readonly #scan = new PropertyScan();
  readonly #admission: SendAdmission;
  readonly #request: AppendRequest;

  constructor(context: BrokerContext, completion: SendCompletion, router: MessageRouter) {
    this.#context = context;
    this.#completion = completion;
    this.#router = router;
    this.#admission = new SendAdmission(context);
    this.#request = emptyRequest(context);
  }

  /** Throws ProtocolError when the header is not one of a send; the caller answers that. */
  readonly handle: RawHandler = (view, buffer, bodyStart, bodyEnd, connection) => {
    const header = this.#header;
    const admission = this.#admission;
    header.read(view);
    if (this.#completion.full) {
      const remark = '[OVERLOAD]system busy, start flow control for a while';
      this.#refuse(view, connection, ResponseCode.SYSTEM_BUSY, remark);
      return;
    }
    if (!admission.admit(view, header, connection)) {
      this.#refuse(view, connection, admission.refusal.code, admission.refusal.remark);
      return;
    }
    if (!this.#readProperties(view, header, connection)) return;
    const request = this.#request;
    request.topic = admission.target.storeTopic;
    request.queueId = admission.queueId;
    request.flag = header.flag;
    request.sysFlag =
      admission.target.config.topicFilterType === 'MULTI_TAG'
        ? header.sysFlag | MessageSysFlag.MULTI_TAGS
        : header.sysFlag;
    request.bornTimestamp = header.bornTimestamp;
    request.bornIp = connection.remoteIp;
    request.bornPort = connection.remotePort;
    request.reconsumeTimes = header.reconsumeTimes;
    request.body = buffer;
    request.bodyStart = bodyStart;
    request.bodyEnd = bodyEnd;
    if (header.batch) this.#appendBatch(view, connection);
    else this.#append(view, connection);
  };

  #readProperties(view: HeaderView, header: SendHeader, connection: Connection): boolean {
    const scan = this.#scan;
    const index = header.properties;
    if (index < 0) {
      scan.clear();
      return true;
    }
    const start = view.valueStart[index]!;
    if (!scan.scan(view.buffer, start, view.valueEnd[index]!, view.valueEscaped[index] !== 0)) {
      const remark = 'the message is illegal: its properties are longer than 32767 bytes';
      return this.#refuse(view, connection, ResponseCode.MESSAGE_ILLEGAL, remark);
    }
    if (scan.delayLevel < 0) {
      const remark = 'the message is illegal: its property DELAY is not a whole number';
      return this.#refuse(view, connection, ResponseCode.MESSAGE_ILLEGAL, remark);
    }
    return true;
  }

  #append(view: HeaderView, connection: Connection): void {
    const scan = this.#scan;
    const request = this.#request;
    request.properties = scan.buffer;
    request.propertiesStart = scan.start;
    request.propertiesEnd = scan.end;
    request.tagsCode = scan.tagsCode;
    request.waitStore = scan.waitStore;
    if (scan.prepared) {
      if (this.#context.config.rejectTransactionMessage) {
        const remark = `the broker[${this.#context.config.brokerIP1}] sending transaction message is forbidden`;
        this.#refuse(view, connection, ResponseCode.NO_PERMISSION, remark);
        return;
      }
      this.#router.prepare(request, scan.hasRealTarget);
    } else if (scan.delayLevel > 0 && isDelayable(request.sysFlag)) {
      this.#router.delay(request, scan.delayLevel, scan.hasRealTarget);
    }
    const status = this.#context.store.append(request);
    if (status !== AppendStatus.PUT_OK) {
      this.#refuseAppend(view, connection, status);
      return;
    }
    this.#count();
    if ((view.flag & FLAG_ONEWAY) !== 0) return;
    const { answerQueueId } = this.#admission;
    this.#completion.answer(connection, view.opaque, view.serializeType, answerQueueId, scan.waitStore);
  }

  /** Every message of a batch brings its own properties; those of the request say only whether to wait. */
  #appendBatch(view: HeaderView, connection: Connection): void {
    const request = this.#request;
    request.propertiesStart = 0;
    request.propertiesEnd = 0;
    request.tagsCode = 0;
    request.waitStore = this.#scan.waitStore;
    const status = this.#context.store.appendBatch(request);
    if (status !== AppendStatus.PUT_OK) {
      this.#refuseAppend(view, connection, status);
      return;
    }
    this.#count();
    if ((view.flag & FLAG_ONEWAY) !== 0) return;
    const { answerQueueId } = this.#admission;
    this.#completion.answerBatch(
      connection,
      view.opaque,
      view.serializeType,
      answerQueueId,
      request.waitStore,
    );
  }

  #count(): void {
    const { count, sizeBytes } = this.#context.store.lastAppend;
    const topic = this.#admission.target;
    topic.putNums += count;
    topic.putSizeBytes += sizeBytes;
    const { stats } = this.#context;
    stats.putNums += count;
    stats.putSizeBytes += sizeBytes;
  }

  #refuseAppend(view: HeaderView, connection: Connection, status: AppendStatus): void {
    this.#context.stats.putFailedNums++;
    const { code, remark } = appendRefusal(status, this.#context);
    this.#refuse(view, connection, code, remark);
  }

  #refuse(view: HeaderView, connection: Connection, code: number, remark: string): false {
    if ((view.flag & FLAG_ONEWAY) === 0) {
      const ext = this.#completion.commonFields();
      connection.respond(view.opaque, view.serializeType, { code, remark, ext });
    }
    return false;
  }
}

function isDelayable(sysFlag: number): boolean {
  const type = transactionType(sysFlag);
  return type === MessageSysFlag.TRANSACTION_NOT_TYPE || type === MessageSysFlag.TRANSACTION_COMMIT_TYPE;
}

function emptyRequest(context: BrokerContext): AppendRequest {
  const nothing = Buffer.alloc(0);
  return {
    topic: context.store.topic('OFFSET_MOVED_EVENT'),
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 0,
    bornIp: 0,
    bornPort: 0,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: nothing,
    bodyStart: 0,
    bodyEnd: 0,
    properties: nothing,
    propertiesStart: 0,
    propertiesEnd: 0,
    tagsCode: 0,
    waitStore: true,
  };
}
