/**
 * Divides the queues of the subscribed topics among the members of the group, and takes up and gives up queues of this
 * client accordingly. RocketMQ's RebalanceImpl and RebalancePushImpl.
 *
 * Invariants: one round runs at a time, and another follows when one was asked for meanwhile; a queue given up has its
 * offset stored before it is forgotten; nothing of a topic changes in a round in which its queues or the group's
 * members are not known, or the strategy fails.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { isRetryTopic, type TopicRouteData } from '@rocketmq-ts/protocol';
import { describeError, MQClientError } from '../errors.ts';
import { QueueQueries, subscribeQueues } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { noNamespace } from '../namespace.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { noOffset } from './offset-store.ts';
import { ProcessQueue } from './process-queue.ts';
import { PullLoop, type PullLoopOwner } from './pull-loop.ts';
import { divideQueues } from './queue-division.ts';

const waitForListenerMs = 1000;
/** A queue waits for a listener, here or at the member that has its lock: tried again soon, not with the next round of 20 s. */
const anotherRoundMs = 1000;
const halfAnHourMs = 30 * 60 * 1000;

export class Rebalancer implements PullLoopOwner {
  readonly #parts: ConsumerParts;
  readonly #queries: QueueQueries;
  readonly #queuesOfTopic = new Map<string, readonly MessageQueue[]>();
  readonly #loops = new Map<ProcessQueue, PullLoop>();
  #anotherRound: Timer | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  /** Routes come in before the brokers have heard of the group. */
  #begun = false;
  #stopped = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#queries = new QueueQueries(parts.instance, noNamespace);
  }

  setRoute(topic: string, route: TopicRouteData): void {
    if (!this.#parts.subscriptions.has(topic)) return;
    this.#queuesOfTopic.set(topic, subscribeQueues(topic, route));
    this.request();
  }

  /** The queues of a topic as far as the route is known. */
  queuesOf(topic: string): readonly MessageQueue[] | undefined {
    return this.#queuesOfTopic.get(topic);
  }

  /** The brokers know the group: from now on queues are taken up. */
  begin(): void {
    this.#begun = true;
    this.request();
  }

  /** A round soon; never throws. */
  request(): void {
    if (!this.#begun || this.#stopped || this.#parts.isPaused()) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#round = this.#rounds().finally(() => {
      this.#round = undefined;
    });
  }

  /** Resolves when no round is under way. */
  async settled(): Promise<void> {
    while (this.#round !== undefined) await this.#round;
  }

  /** Lets every queue be pulled again after a pause. */
  resume(): void {
    for (const loop of this.#loops.values()) loop.start();
    this.request();
  }

  /** Ends all pulling. Queues stay, so that what runs can finish and be committed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#anotherRound?.cancel();
    for (const loop of this.#loops.values()) loop.stop();
    await this.settled();
    // A round under way may have added some.
    for (const loop of this.#loops.values()) loop.stop();
  }

  /** The last step of a shutdown: gives up what is left. */
  async drop(): Promise<void> {
    const { processQueues, locks } = this.#parts;
    if (this.#locks) await locks.unlockAll();
    for (const queue of processQueues.values()) queue.dropped = true;
    processQueues.clear();
    this.#loops.clear();
  }

  get #locks(): boolean {
    return this.#parts.orderly && this.#parts.clustering;
  }

  async #rounds(): Promise<void> {
    // Those that are asked for in the same turn become one.
    await Promise.resolve();
    do {
      this.#again = false;
      for (const topic of [...this.#parts.subscriptions.keys()]) {
        if (this.#stopped) return;
        try {
          await this.#rebalanceTopic(topic);
        } catch (error) {
          this.#parts.logger.error(`the queues of topic ${topic} could not be divided`, { error });
        }
      }
      this.#dropUnsubscribed();
    } while (this.#again && !this.#stopped);
  }

  async #rebalanceTopic(topic: string): Promise<void> {
    const { settings, clustering, instance, logger } = this.#parts;
    const assigned = this.#parts.assigned?.(topic);
    const all = assigned ?? this.#queuesOfTopic.get(topic);
    if (all === undefined) {
      if (!isRetryTopic(topic)) {
        logger.warn(`doRebalance, ${settings.consumerGroup}, but the topic[${topic}] not exist.`);
      }
      return;
    }
    let mine: readonly MessageQueue[] = all;
    if (clustering && assigned === undefined) {
      const strategy = settings.allocateMessageQueueStrategy;
      const share = await divideQueues(
        instance,
        settings.consumerGroup,
        strategy,
        topic,
        all,
        settings.namespace,
      );
      if (share === undefined || this.#stopped) return;
      mine = share;
    }
    const changed = await this.#update(topic, mine);
    if (changed.length > 0) {
      logger.info('rebalanced result changed', {
        group: settings.consumerGroup,
        topic,
        queues: mine.map((queue) => `${queue.brokerName}:${queue.queueId}`).join(','),
      });
      await this.#announce(topic);
      if (!isRetryTopic(topic)) this.#tellListener(topic, all, mine);
    }
    // After the brokers know the new version of the subscription, or they would refuse the pulls.
    for (const change of changed) if (change instanceof PullLoop && !this.#stopped) change.start();
  }

  #tellListener(topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]): void {
    const { settings, logger } = this.#parts;
    const { namespace, messageQueueListener } = settings;
    const shown = (queue: MessageQueue): MessageQueue => namespace.stripQueue(queue);
    try {
      messageQueueListener?.(namespace.strip(topic), all.map(shown), mine.map(shown));
    } catch (error) {
      logger.error(`the messageQueueListener failed at topic ${topic}`, {
        group: settings.consumerGroup,
        error,
      });
    }
  }

  /** Answers the loops of queues taken up, to be started, and the queues given up. */
  async #update(topic: string, mine: readonly MessageQueue[]): Promise<(PullLoop | MessageQueue)[]> {
    const { processQueues, clock, logger, settings } = this.#parts;
    const wanted = new Set(mine.map((queue) => queue.key));
    const changed: (PullLoop | MessageQueue)[] = [];
    const removals = [...processQueues.values()].filter((queue) => {
      if (queue.messageQueue.topic !== topic) return false;
      if (!wanted.has(queue.messageQueue.key)) return true;
      if (!queue.isPullExpired(clock.monotonicMs())) return false;
      logger.error(`${queue.messageQueue} was not pulled for two minutes; it is dropped and taken up again`, {
        group: settings.consumerGroup,
      });
      return true;
    });
    for (const queue of removals) queue.dropped = true;
    await Promise.all(
      removals.map(async (queue) => {
        if (await this.#giveUp(queue)) changed.push(queue.messageQueue);
      }),
    );
    await Promise.all(
      mine.map(async (queue) => {
        if (processQueues.has(queue.key)) return;
        const loop = await this.#takeUp(queue);
        if (loop !== undefined) changed.push(loop);
      }),
    );
    return changed;
  }

  /** False when a listener still has it; then the next round tries again. */
  async #giveUp(queue: ProcessQueue): Promise<boolean> {
    const { offsets, pullClient, processQueues, consumeService, logger } = this.#parts;
    const { messageQueue } = queue;
    queue.dropped = true;
    this.#loops.get(queue)?.stop();
    if (this.#locks && !(await consumeService.whenIdle(queue, waitForListenerMs))) {
      logger.warn(`${messageQueue} is given up, but its listener still runs; its lock is kept for now`);
      queue.tryUnlockTimes++;
      this.#anotherRoundSoon();
      return false;
    }
    await offsets.persist(messageQueue);
    offsets.removeOffset(messageQueue);
    pullClient.forget(messageQueue);
    // No listener has it, and none of it is consumed any more: the next member may have it at once.
    if (this.#locks) void this.#parts.locks.unlock(messageQueue);
    if (processQueues.get(messageQueue.key) === queue) processQueues.delete(messageQueue.key);
    this.#loops.delete(queue);
    return true;
  }

  #anotherRoundSoon(): void {
    this.#anotherRound ??= this.#parts.clock.setTimeout(() => {
      this.#anotherRound = undefined;
      this.request();
    }, anotherRoundMs);
  }

  async #takeUp(messageQueue: MessageQueue): Promise<PullLoop | undefined> {
    const { locks, offsets, clock, processQueues, logger, settings } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    if (this.#locks && !(await locks.lock(messageQueue))) {
      logger.info('a queue could not be taken up, because another client has its lock', {
        group: settings.consumerGroup,
        queue: String(messageQueue),
      });
      this.#anotherRoundSoon();
      return undefined;
    }
    offsets.removeOffset(messageQueue);
    const queue = new ProcessQueue(messageQueue, clock.monotonicMs());
    const offset = await this.computePullFromWhere(queue);
    if (offset < 0 || this.#stopped) return undefined;
    if (this.#locks) {
      queue.locked = true;
      queue.lastLockMs = askedAtMs;
    }
    processQueues.set(messageQueue.key, queue);
    const loop = new PullLoop(this.#parts, this, queue, offset);
    this.#loops.set(queue, loop);
    return loop;
  }

  // ---- PullLoopOwner

  async computePullFromWhere(queue: ProcessQueue): Promise<number> {
    const { offsets, settings, clock, logger } = this.#parts;
    const { messageQueue } = queue;
    const stored = await offsets.readOffset(messageQueue);
    if (stored >= 0) offsets.updateOffset(messageQueue, stored, false);
    if (stored !== noOffset) return stored;
    const retry = isRetryTopic(messageQueue.topic);
    try {
      switch (settings.consumeFromWhere) {
        case 'CONSUME_FROM_FIRST_OFFSET':
          return 0;
        case 'CONSUME_FROM_TIMESTAMP':
          return retry
            ? await this.#queries.maxOffset(messageQueue)
            : await this.#queries.searchOffset(
                messageQueue,
                settings.consumeTimestampMs ?? clock.now() - halfAnHourMs,
              );
        default:
          return retry ? 0 : await this.#queries.maxOffset(messageQueue);
      }
    } catch (error) {
      logger.warn(`where to start in ${messageQueue} could not be asked: ${describeError(error)}`, {
        group: settings.consumerGroup,
      });
      return -1;
    }
  }

  async restartAt(queue: ProcessQueue, offset: number): Promise<void> {
    if (this.#stopped || this.#parts.processQueues.get(queue.messageQueue.key) !== queue) return;
    this.#parts.offsets.updateOffset(queue.messageQueue, offset, false);
    await this.#giveUp(queue);
    this.request();
  }

  /** Carries out a reset of offsets: gives the queues up at the new offsets. They are taken up again by a round. */
  async resetTo(messageQueue: MessageQueue, offset: number): Promise<void> {
    this.#parts.offsets.updateOffset(messageQueue, offset, false);
    const queue = this.#parts.processQueues.get(messageQueue.key);
    if (queue !== undefined) await this.#giveUp(queue);
  }

  /** Takes a queue of this client up again at `offset`. Throws QUEUE_NOT_FOUND when it is not this client's. */
  async seek(messageQueue: MessageQueue, offset: number): Promise<void> {
    const { processQueues, offsets, clock } = this.#parts;
    const old = processQueues.get(messageQueue.key);
    if (old === undefined || this.#stopped) {
      throw new MQClientError(
        'QUEUE_NOT_FOUND',
        `${messageQueue} is not assigned to this consumer: it cannot seek in it`,
      );
    }
    old.dropped = true;
    old.clear();
    this.#loops.get(old)?.stop();
    this.#loops.delete(old);
    const queue = new ProcessQueue(messageQueue, clock.monotonicMs());
    queue.paused = old.paused;
    processQueues.set(messageQueue.key, queue);
    offsets.updateOffset(messageQueue, offset, false);
    const loop = new PullLoop(this.#parts, this, queue, offset);
    this.#loops.set(queue, loop);
    loop.start();
  }

  /** Pulls a queue again that was paused. */
  wake(queue: ProcessQueue): void {
    this.#loops.get(queue)?.start();
  }

  #dropUnsubscribed(): void {
    for (const queue of [...this.#parts.processQueues.values()]) {
      const { topic } = queue.messageQueue;
      if (this.#parts.subscriptions.has(topic)) continue;
      this.#queuesOfTopic.delete(topic);
      this.#giveUp(queue).catch((error: unknown) => {
        this.#parts.logger.error(`${queue.messageQueue} could not be given up in order`, { error });
      });
    }
  }

  /** Thresholds of a topic, if there are any, take the place of those of each queue. */
  divideThresholds(): void {
    const { processQueues, settings, thresholds } = this.#parts;
    const { pullThresholdForTopic, pullThresholdSizeForTopic } = settings;
    const share = (ofTopic: number): number =>
      Math.max(1, Math.floor(ofTopic / Math.max(1, processQueues.size)));
    thresholds.messages =
      pullThresholdForTopic === -1 ? settings.pullThresholdForQueue : share(pullThresholdForTopic);
    thresholds.mib =
      pullThresholdSizeForTopic === -1
        ? settings.pullThresholdSizeForQueue
        : share(pullThresholdSizeForTopic);
  }

  /** Divides a topic's thresholds, and tells the brokers that the subscription has a new version. */
  async #announce(topic: string): Promise<void> {
    const { subscriptions, clock, instance } = this.#parts;
    this.divideThresholds();
    const subscription = subscriptions.get(topic);
    if (subscription === undefined) return;
    subscription.subVersion = Math.max(clock.now(), subscription.subVersion + 1);
    await instance.heartbeat();
  }
}
