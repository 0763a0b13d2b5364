/**
 * PULL_MESSAGE (11): reads messages of a queue for a consumer, holding the request when there are none yet.
 *
 * Checks come in the order of 4.4.0, with its codes and remarks. Reads from memory are answered at once; reads from disk
 * when they are done. A held pull is looked at again when messages arrive: by then its group, topic or subscription may
 * have changed, so everything that can is checked again. Messages that do not match are skipped once, not on every
 * arrival; a pull that skipped some is answered within five seconds, so that the consumer's offset moves on.
 *
 * Invariant: every request is answered once, unless its connection closes or it is one-way.
 *
 * Counterpart in RocketMQ: PullMessageProcessor.
 */
import { ByteInterner, FLAG_ONEWAY, type HeaderView, isReadable, ResponseCode } from '@rocketmq-ts/protocol';
import type { Connection, RawHandler } from '@rocketmq-ts/remoting';
import { type ConsumeQueue, GetMessageStatus, GetResult } from '@rocketmq-ts/store';
import type { BrokerContext, GroupEntry, TopicEntry } from '../broker-context.ts';
import { SEE_FAQ } from '../faq.ts';
import { groupTopicCounters } from '../group-topic-counters.ts';
import { HeldPulls, ResumeReason } from '../pull/held-pulls.ts';
import { writeOffsetMovedEvent } from '../pull/offset-moved.ts';
import { Pull } from '../pull/pull.ts';
import { PullAnswer } from '../pull/pull-answer.ts';
import { PullFilter } from '../pull/pull-filter.ts';
import { PullHeader } from '../pull/pull-header.ts';
import type { Refusal } from '../send/append-refusal.ts';
import type { MessageWriter } from '../send/message-writer.ts';

/** How long a pull stays held after it has skipped messages that do not match. */
const SKIPPED_HOLD_MS = 5000;
const MASTER_ID = 0;

export class PullMessage {
  readonly held: HeldPulls;
  readonly #context: BrokerContext;
  readonly #writer: MessageWriter;
  readonly #header = new PullHeader();
  readonly #filter: PullFilter;
  readonly #answer = new PullAnswer();
  readonly #groups = new ByteInterner<GroupEntry>(4096);
  readonly #freeResults: GetResult[] = [];
  #readsFromDisk = 0;

  constructor(context: BrokerContext, writer: MessageWriter) {
    this.#context = context;
    this.#writer = writer;
    this.#filter = new PullFilter(context);
    this.held = new HeldPulls(context.platform.clock, (pull, queue, reason) =>
      this.#resumeSafely(pull, queue, reason),
    );
  }

  /** Pulls that wait for the disk. */
  get readsFromDisk(): number {
    return this.#readsFromDisk;
  }

  /** Pulls that wait: for messages or for the disk. */
  get waiting(): number {
    return this.held.count + this.#readsFromDisk;
  }

  /** Throws ProtocolError when the header is not one of a pull; the caller answers that. */
  readonly handle: RawHandler = (view, _buffer, _bodyStart, _bodyEnd, connection) => {
    // Nobody would get the messages.
    if ((view.flag & FLAG_ONEWAY) !== 0) return;
    const header = this.#header;
    header.read(view);
    const group = this.#findGroup(view, header.group);
    const topic = this.#findTopic(view, header.topic);
    const refusal = this.#check(view, connection, group, topic);
    if (refusal !== undefined) {
      connection.respond(view.opaque, view.serializeType, refusal);
      return;
    }
    const pull = new Pull(
      connection,
      view.opaque,
      view.serializeType,
      group!,
      topic!,
      header.queueId,
      header.queueOffset,
      header.maxMsgNums,
      header.sysFlag,
      header.subVersion,
      header.hasSubscription,
      this.#filter.filter,
    );
    this.#read(pull, header.hasSuspend ? header.suspendTimeoutMillis : 0);
    const { config } = this.#context;
    if (header.hasCommitOffset && config.brokerRole !== 'SLAVE') {
      const { commitOffset, queueId } = header;
      this.#context.offsets.commit(group!.name, topic!.name, queueId, commitOffset, connection.remoteAddress);
    }
  };

  /** Forgets held pulls: the broker stops. */
  stop(): void {
    this.held.stop();
  }

  #findGroup(view: HeaderView, index: number): GroupEntry | undefined {
    const start = view.valueStart[index]!;
    const end = view.valueEnd[index]!;
    const known = this.#groups.get(view.buffer, start, end);
    if (known !== undefined && !known.deleted) return known;
    const found = this.#context.groups.find(view.string(index));
    if (found !== undefined && view.valueEscaped[index] === 0) {
      this.#groups.set(view.buffer, start, end, found);
    }
    return found;
  }

  #findTopic(view: HeaderView, index: number): TopicEntry | undefined {
    const { topics } = this.#context;
    if (view.valueEscaped[index] !== 0) return topics.find(view.string(index));
    return topics.findByBytes(view.buffer, view.valueStart[index]!, view.valueEnd[index]!);
  }

  #check(
    view: HeaderView,
    connection: Connection,
    group: GroupEntry | undefined,
    topic: TopicEntry | undefined,
  ): Refusal | undefined {
    const header = this.#header;
    const refusal = this.#checkState(
      group,
      topic,
      group?.name ?? view.string(header.group),
      topic?.name ?? view.string(header.topic),
    );
    if (refusal !== undefined) return refusal;
    const { readQueueNums } = topic!.config;
    if (header.queueId < 0 || header.queueId >= readQueueNums) {
      return {
        code: ResponseCode.SYSTEM_ERROR,
        remark:
          `queueId[${header.queueId}] is illegal, topic:[${topic!.name}] ` +
          `topicConfig.readQueueNums:[${readQueueNums}] consumer:[/${connection.remoteAddress}]`,
      };
    }
    const resolved = header.hasSubscription
      ? this.#filter.resolveInline(view, header, topic!.name)
      : this.#filter.resolveRegistered(group!, topic!, header.subVersion);
    return resolved ? undefined : this.#filter.refusal;
  }

  /** What may change while a pull is held. */
  #checkState(
    group: GroupEntry | undefined,
    topic: TopicEntry | undefined,
    groupName: string,
    topicName: string,
  ): Refusal | undefined {
    const { config } = this.#context;
    if (!isReadable(config.brokerPermission)) {
      return {
        code: ResponseCode.NO_PERMISSION,
        remark: `the broker[${config.brokerIP1}] pulling message is forbidden`,
      };
    }
    if (group === undefined || group.deleted) {
      return {
        code: ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
        remark: `subscription group [${groupName}] does not exist, ${SEE_FAQ}`,
      };
    }
    if (!group.config.consumeEnable) {
      return {
        code: ResponseCode.NO_PERMISSION,
        remark: `subscription group no permission, ${group.name}`,
      };
    }
    if (topic === undefined || topic.deleted) {
      return {
        code: ResponseCode.TOPIC_NOT_EXIST,
        remark: `topic[${topicName}] not exist, apply first please! ${SEE_FAQ}`,
      };
    }
    if (!isReadable(topic.config.perm)) {
      return {
        code: ResponseCode.NO_PERMISSION,
        remark: `the topic[${topic.name}] pulling message is forbidden`,
      };
    }
    return undefined;
  }

  /** Reads for a request that has just come; it may be held for `suspendMs`. */
  #read(pull: Pull, suspendMs: number): void {
    // The store opens a queue that lies on disk when it is first asked for by name.
    const queue =
      pull.topic.storeTopic.queues[pull.queueId] ??
      this.#context.store.findQueue(pull.topic.name, pull.queueId);
    const result = this.#freeResults.pop() ?? new GetResult();
    const done = this.#context.store.getMessage(queue, pull.offset, pull.maxMsgNums, pull.filter, result);
    if (done === true) {
      this.#finish(pull, result, suspendMs);
      this.#freeResults.push(result);
      return;
    }
    this.#readFromDisk(pull, result, suspendMs, done);
  }

  #readFromDisk(pull: Pull, result: GetResult, suspendMs: number, done: Promise<void>): void {
    const { clock } = this.#context.platform;
    const startMs = clock.monotonicMs();
    this.#readsFromDisk++;
    done
      .then(
        () => {
          if (pull.connection.closed) return;
          if (result.status === GetMessageStatus.FOUND) {
            const counters = groupTopicCounters(pull.group, pull.topic.name);
            counters.getFromDiskNums += result.count;
            counters.getFromDiskSizeBytes += result.sizeBytes;
            const tookMs = clock.monotonicMs() - startMs;
            counters.getLatencyMs += tookMs;
            const { stats } = this.#context;
            if (tookMs > stats.getEntireTimeMaxMs) stats.getEntireTimeMaxMs = tookMs;
          }
          this.#finish(pull, result, suspendMs);
        },
        (error: unknown) => this.#failed(pull, error),
      )
      .finally(() => {
        this.#readsFromDisk--;
        result.reset();
        this.#freeResults.push(result);
      });
  }

  #failed(pull: Pull, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#context.log.error('messages could not be read', {
      group: pull.group.name,
      topic: pull.topic.name,
      queueId: pull.queueId,
      offset: pull.scanOffset,
      reason,
    });
    pull.connection.respond(pull.opaque, pull.serializeType, {
      code: ResponseCode.SYSTEM_ERROR,
      remark: `the messages could not be read: ${reason}`,
    });
  }

  /** Answers or holds. */
  #finish(pull: Pull, result: GetResult, suspendMs: number): void {
    const code = responseCodeOf(result.status, pull.offset);
    if (code === ResponseCode.PULL_NOT_FOUND && suspendMs > 0) {
      this.#hold(pull, suspendMs);
      return;
    }
    this.#respond(pull, result, code);
  }

  #hold(pull: Pull, suspendMs: number): void {
    const { config, store } = this.#context;
    if (this.waiting >= config.pullThreadPoolQueueCapacity) {
      pull.connection.respond(pull.opaque, pull.serializeType, {
        code: ResponseCode.SYSTEM_BUSY,
        remark: `[OVERLOAD]${this.waiting} pulls wait for messages (pullThreadPoolQueueCapacity): try again later`,
      });
      return;
    }
    this.#context.stats.getMissTimes++; // as 4.4.0: it was looked for, and not there
    // On slaves too, where 4.4.0 looks every 5 s only.
    const onArrival = config.longPollingEnable;
    const timeoutMs = config.longPollingEnable ? suspendMs : config.shortPollingTimeMills;
    this.held.hold(pull, store.queue(pull.topic.name, pull.queueId), timeoutMs, onArrival);
  }

  /** One pull that cannot be served must not keep the others of its queue waiting. */
  #resumeSafely(pull: Pull, queue: ConsumeQueue, reason: ResumeReason): boolean {
    try {
      return this.#resume(pull, queue, reason);
    } catch (error) {
      this.#failed(pull, error);
      return true;
    }
  }

  /** Looks at a held pull again; true when it need not be held any longer. */
  #resume(pull: Pull, queue: ConsumeQueue, reason: ResumeReason): boolean {
    const { connection } = pull;
    // A peer that does not read what it got gets no more until it does.
    if (reason === ResumeReason.arrival && !connection.readable) return false;
    const refusal = this.#checkAgain(pull);
    if (refusal !== undefined) {
      connection.respond(pull.opaque, pull.serializeType, refusal);
      return true;
    }
    const result = this.#freeResults.pop() ?? new GetResult();
    const done = this.#context.store.getMessage(queue, pull.scanOffset, pull.maxMsgNums, pull.filter, result);
    if (done !== true) {
      this.#readFromDisk(pull, result, 0, done);
      return true;
    }
    const answered = this.#answerHeld(pull, result, reason);
    this.#freeResults.push(result);
    return answered;
  }

  #checkAgain(pull: Pull): Refusal | undefined {
    const { group, topic } = pull;
    const refusal = this.#checkState(group, topic, group.name, topic.name);
    if (refusal !== undefined || pull.inlineSubscription) return refusal;
    if (!this.#filter.resolveRegistered(group, topic, pull.subVersion)) return this.#filter.refusal;
    pull.filter = this.#filter.filter;
    return undefined;
  }

  #answerHeld(pull: Pull, result: GetResult, reason: ResumeReason): boolean {
    if (reason === ResumeReason.arrival) {
      if (result.status === GetMessageStatus.NO_MATCHED_MESSAGE) {
        pull.scanOffset = result.nextBeginOffset;
        this.held.hurry(pull, SKIPPED_HOLD_MS);
        return false;
      }
      if (result.status === GetMessageStatus.OFFSET_OVERFLOW_ONE) return false;
    }
    if (result.status === GetMessageStatus.OFFSET_OVERFLOW_ONE && pull.scanOffset > pull.offset) {
      // Nothing new since, but what was there did not match: the consumer may go on behind it.
      result.status = GetMessageStatus.NO_MATCHED_MESSAGE;
    }
    this.#respond(pull, result, responseCodeOf(result.status, pull.scanOffset));
    return true;
  }

  #respond(pull: Pull, result: GetResult, responseCode: number): void {
    // 4.4.0 makes a queue when it is looked for, and so calls it empty.
    if (result.status === GetMessageStatus.NO_MATCHED_LOGIC_QUEUE) {
      result.status = GetMessageStatus.NO_MESSAGE_IN_QUEUE;
    }
    const { config, stats } = this.#context;
    let code = responseCode;
    let broker = MASTER_ID;
    if (config.slaveReadEnable) {
      const { whichBrokerWhenConsumeSlowly, brokerId } = pull.group.config;
      broker = result.suggestPullingFromSlave ? whichBrokerWhenConsumeSlowly : brokerId;
    }
    if (code === ResponseCode.SUCCESS) {
      const counters = groupTopicCounters(pull.group, pull.topic.name);
      counters.getTimes++;
      counters.getNums += result.count;
      counters.getSizeBytes += result.sizeBytes;
      stats.getFoundTimes++;
      stats.getNums += result.count;
      stats.getSizeBytes += result.sizeBytes;
    } else {
      stats.getMissTimes++;
      if (code === ResponseCode.PULL_OFFSET_MOVED) {
        if (config.brokerRole !== 'SLAVE') {
          writeOffsetMovedEvent(this.#context, this.#writer, pull, result.nextBeginOffset);
        } else if (!config.offsetCheckInSlave) {
          broker = pull.group.config.brokerId;
          code = ResponseCode.PULL_RETRY_IMMEDIATELY;
        }
      }
    }
    this.#answer.write(pull.connection, pull.opaque, pull.serializeType, code, broker, result);
  }
}

function responseCodeOf(status: GetMessageStatus, offset: number): number {
  switch (status) {
    case GetMessageStatus.FOUND:
      return ResponseCode.SUCCESS;
    case GetMessageStatus.MESSAGE_WAS_REMOVING:
    case GetMessageStatus.NO_MATCHED_MESSAGE:
      return ResponseCode.PULL_RETRY_IMMEDIATELY;
    case GetMessageStatus.NO_MATCHED_LOGIC_QUEUE:
    case GetMessageStatus.NO_MESSAGE_IN_QUEUE:
      return offset === 0 ? ResponseCode.PULL_NOT_FOUND : ResponseCode.PULL_OFFSET_MOVED;
    case GetMessageStatus.OFFSET_FOUND_NULL:
    case GetMessageStatus.OFFSET_OVERFLOW_ONE:
      return ResponseCode.PULL_NOT_FOUND;
    default:
      return ResponseCode.PULL_OFFSET_MOVED;
  }
}
