/**
 * Pulls one queue, one request at a time, for as long as the queue belongs to this client.
 *
 * Invariants: there is at most one request under way; the loop ends when the queue is dropped or it is stopped, and
 * never by an error; while the cache is full it waits for room without a timer. Behaviour from
 * DefaultMQPushConsumerImpl.pullMessage.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { isRetryTopic, ResponseCode, type SubscriptionData } from '@rocketmq-ts/protocol';
import { MQBrokerError } from '../errors.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import type { ProcessQueue } from './process-queue.ts';
import { type PullResult, PullStatus } from './pull-client.ts';

const brokerSuspendMaxTimeMillis = 15_000;
const consumerTimeoutMillisWhenSuspend = 30_000;
/**
 * A slave that is behind sends its readers to the master at once; while that is away they come back, as fast as the network is,
 * were it not for this pause.
 */
const delayWithoutProgressMs = 200;
const delayWhenExceptionMs = 3000;
const fixOffsetDelayMs = 10_000;
const bytesPerMib = 1024 * 1024;

export interface PullLoopOwner {
  /** The first offset of an orderly queue, asked for again once it is locked; below 0: not known now. */
  computePullFromWhere(queue: ProcessQueue): Promise<number>;
  /** The broker refused the offset: the queue is to start anew at `offset`. */
  restartAt(queue: ProcessQueue, offset: number): Promise<void>;
}

export class PullLoop {
  readonly queue: ProcessQueue;
  readonly #parts: ConsumerParts;
  readonly #owner: PullLoopOwner;
  #nextOffset: number;
  #lockedFirst = false;
  #fixing = false;
  #stopped = false;
  #timer: Timer | undefined;
  #request: AbortController | undefined;

  constructor(parts: ConsumerParts, owner: PullLoopOwner, queue: ProcessQueue, nextOffset: number) {
    this.#parts = parts;
    this.#owner = owner;
    this.queue = queue;
    this.#nextOffset = nextOffset;
  }

  /** Also after `isPaused` has become false. */
  start(): void {
    if (this.#request === undefined && this.#timer === undefined && !this.#fixing) this.#next();
  }

  /** Gives up the request under way. */
  stop(): void {
    this.#stopped = true;
    this.queue.onRoom = undefined;
    this.#timer?.cancel();
    this.#request?.abort(new Error('the queue is not pulled any more'));
  }

  #next(): void {
    const { queue } = this;
    if (this.#stopped || queue.dropped) return;
    queue.pullWaits = true;
    if (this.#parts.isPaused() || queue.paused) return;
    if (this.#isFull()) {
      queue.onRoom = this.#onRoom;
      return;
    }
    if (this.#parts.orderly && this.#parts.clustering) {
      if (!queue.locked) {
        this.#later(delayWhenExceptionMs);
        return;
      }
      if (!this.#lockedFirst) {
        void this.#fixFirstOffset();
        return;
      }
    }
    const subscription = this.#parts.subscriptions.get(queue.messageQueue.topic);
    if (subscription === undefined) {
      this.#later(delayWhenExceptionMs);
      return;
    }
    queue.pullWaits = false;
    void this.#pull(subscription);
  }

  readonly #onRoom = (): void => {
    if (this.#isFull()) return;
    this.queue.onRoom = undefined;
    this.#next();
  };

  #isFull(): boolean {
    const { queue } = this;
    const { thresholds, settings, orderly } = this.#parts;
    return (
      queue.msgCount > thresholds.messages ||
      Math.floor(queue.msgSizeBytes / bytesPerMib) > thresholds.mib ||
      (!orderly && queue.maxSpan > settings.consumeConcurrentlyMaxSpan)
    );
  }

  /** The group's offset may have moved between the first look at it and the lock. */
  async #fixFirstOffset(): Promise<void> {
    this.#fixing = true;
    const offset = await this.#owner.computePullFromWhere(this.queue);
    this.#fixing = false;
    if (offset < 0) {
      this.#later(delayWhenExceptionMs);
      return;
    }
    this.#lockedFirst = true;
    this.#nextOffset = offset;
    this.#next();
  }

  /** Never rejects. */
  async #pull(subscription: SubscriptionData): Promise<void> {
    const { queue } = this;
    const { settings, clock, pullClient, clustering, offsets } = this.#parts;
    const startMs = clock.monotonicMs();
    queue.lastPullMs = startMs;
    const consumed = clustering ? offsets.memoryOffset(queue.messageQueue) : 0;
    const request = new AbortController();
    this.#request = request;
    let result: PullResult;
    try {
      result = await pullClient.pull({
        queue: queue.messageQueue,
        subscription,
        offset: this.#nextOffset,
        maxNums: settings.pullBatchSize,
        commitOffset: consumed > 0 ? consumed : undefined,
        suspendMs: brokerSuspendMaxTimeMillis,
        timeoutMs: consumerTimeoutMillisWhenSuspend,
        inlineSubscription: settings.postSubscriptionWhenPull && !subscription.classFilterMode,
        signal: request.signal,
      });
    } catch (error) {
      this.#request = undefined;
      this.#onError(error);
      return;
    }
    this.#request = undefined;
    if (this.#stopped || queue.dropped) return;
    try {
      this.#onResult(result, clock.monotonicMs() - startMs);
    } catch (error) {
      this.#onError(error);
    }
  }

  #onResult(result: PullResult, tookMs: number): void {
    const { queue } = this;
    const { stats, settings, consumeService, offsets } = this.#parts;
    switch (result.pullStatus) {
      case PullStatus.FOUND: {
        this.#nextOffset = result.nextBeginOffset;
        const messages = result.msgFoundList;
        if (messages.length === 0) {
          this.#nothingToConsume();
          break;
        }
        stats.pulled(queue.messageQueue.topic, messages.length, tookMs);
        queue.msgAccCnt = Math.max(0, result.maxOffset - messages[messages.length - 1].queueOffset);
        consumeService.submit(queue, queue.put(messages));
        if (settings.pullInterval > 0) {
          this.#later(settings.pullInterval);
          return;
        }
        break;
      }
      case PullStatus.NO_NEW_MSG:
      case PullStatus.NO_MATCHED_MSG: {
        const stays = result.nextBeginOffset === this.#nextOffset;
        this.#nextOffset = result.nextBeginOffset;
        this.#nothingToConsume();
        if (stays && result.pullStatus === PullStatus.NO_MATCHED_MSG) {
          this.#later(delayWithoutProgressMs);
          return;
        }
        break;
      }
      case PullStatus.OFFSET_ILLEGAL:
        this.#restart(result, offsets.memoryOffset(queue.messageQueue));
        return;
    }
    this.#next();
  }

  /** Messages that were filtered out are done with. */
  #nothingToConsume(): void {
    const { queue } = this;
    if (queue.msgCount === 0) this.#parts.offsets.updateOffset(queue.messageQueue, this.#nextOffset, true);
  }

  #restart(result: PullResult, consumed: number): void {
    const { queue } = this;
    const { logger, clock, settings } = this.#parts;
    logger.warn(
      `the pull request offset illegal: ${this.#nextOffset} of ${queue.messageQueue} is outside ` +
        `${result.minOffset} to ${result.maxOffset} (consumed up to ${consumed}); it goes on at ${result.nextBeginOffset}`,
      { group: settings.consumerGroup },
    );
    queue.dropped = true;
    this.#timer = clock.setTimeout(() => {
      this.#owner.restartAt(queue, result.nextBeginOffset).catch((error: unknown) => {
        logger.error(`${queue.messageQueue} could not be started anew`, { error });
      });
    }, fixOffsetDelayMs);
  }

  #onError(error: unknown): void {
    const { queue } = this;
    if (this.#stopped || queue.dropped) return;
    const { logger, instance, settings } = this.#parts;
    const { messageQueue } = queue;
    if (!isRetryTopic(messageQueue.topic)) {
      logger.warn(`${messageQueue} could not be pulled; it is tried again in ${delayWhenExceptionMs} ms`, {
        group: settings.consumerGroup,
        error,
      });
    }
    if (error instanceof MQBrokerError) {
      // The broker does not know this consumer, or its subscription, as it is now.
      if (isUnknownSubscription(error.responseCode)) void instance.heartbeat();
    } else {
      instance.routes.refreshSoon(messageQueue.topic);
    }
    this.#later(delayWhenExceptionMs);
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.queue.pullWaits = true;
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, delayMs);
  }
}

function isUnknownSubscription(responseCode: number): boolean {
  return (
    responseCode === ResponseCode.SUBSCRIPTION_NOT_EXIST ||
    responseCode === ResponseCode.SUBSCRIPTION_NOT_LATEST ||
    responseCode === ResponseCode.FILTER_DATA_NOT_EXIST ||
    responseCode === ResponseCode.FILTER_DATA_NOT_LATEST
  );
}
