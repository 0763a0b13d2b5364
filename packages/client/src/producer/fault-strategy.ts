/**
 * Which queue to send to next, keeping away from brokers that were slow or failed lately: RocketMQ's MQFaultStrategy
 * over its LatencyFaultTolerance. Off unless `sendLatencyFaultEnable`; then plain round-robin.
 *
 * Differs from 4.4.0 in one place, as RocketMQ itself did later: a retry takes any available broker and prefers
 * another than the last one, where 4.4.0 insists on the last one and so falls back to the failed broker.
 */
import type { Clock, Random } from '@rocketmq-ts/platform';
import type { MessageQueue } from '../message/message-queue.ts';
import type { TopicPublishInfo } from './topic-publish-info.ts';

interface FaultItem {
  readonly brokerName: string;
  currentLatencyMs: number;
  availableFromMs: number;
}

/** An exception counts as this latency. */
const isolationLatencyMs = 30000;

export interface FaultStrategyOptions {
  readonly sendLatencyFaultEnable: boolean;
  /** Ascending latencies in milliseconds. */
  readonly latencyMax: readonly number[];
  /** For how long a broker is avoided at the latency of the same position, milliseconds. */
  readonly notAvailableDuration: readonly number[];
}

export class FaultStrategy {
  readonly enabled: boolean;
  readonly #options: FaultStrategyOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #items = new Map<string, FaultItem>();
  #worst = 0;

  constructor(options: FaultStrategyOptions, clock: Clock, random: Random) {
    this.enabled = options.sendLatencyFaultEnable;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
  }

  select(info: TopicPublishInfo, lastBrokerName: string | undefined): MessageQueue | undefined {
    if (!this.enabled) return info.selectOneMessageQueue(lastBrokerName);
    const first = info.selectOneMessageQueue(lastBrokerName);
    if (first === undefined || this.isAvailable(first.brokerName)) return first;
    const start = info.queues.indexOf(first);
    let availableButLast: MessageQueue | undefined;
    for (let i = 1; i < info.queues.length; i++) {
      const queue = info.queues[(start + i) % info.queues.length];
      if (!this.isAvailable(queue.brokerName)) continue;
      if (queue.brokerName !== lastBrokerName) return queue;
      availableButLast ??= queue;
    }
    return availableButLast ?? this.#selectLeastBad(info) ?? first;
  }

  /** Records how a send went. Does nothing unless enabled. */
  update(brokerName: string, latencyMs: number, isolation: boolean): void {
    if (!this.enabled) return;
    const durationMs = this.#notAvailableMs(isolation ? isolationLatencyMs : latencyMs);
    const availableFromMs = this.#clock.now() + durationMs;
    const item = this.#items.get(brokerName);
    if (item === undefined) {
      this.#items.set(brokerName, { brokerName, currentLatencyMs: latencyMs, availableFromMs });
    } else {
      item.currentLatencyMs = latencyMs;
      item.availableFromMs = availableFromMs;
    }
  }

  isAvailable(brokerName: string): boolean {
    const item = this.#items.get(brokerName);
    return item === undefined || this.#clock.now() >= item.availableFromMs;
  }

  /** One of the better half of the known brokers; brokers that have no queue here any more are forgotten. */
  #selectLeastBad(info: TopicPublishInfo): MessageQueue | undefined {
    for (;;) {
      const brokerName = this.pickOneAtLeast();
      if (brokerName === undefined) return undefined;
      const queue = info.selectOnBroker(brokerName);
      if (queue !== undefined) return queue;
      this.#items.delete(brokerName);
    }
  }

  pickOneAtLeast(): string | undefined {
    if (this.#items.size === 0) return undefined;
    const now = this.#clock.now();
    const ranked = shuffled([...this.#items.values()], this.#random).sort(
      (a, b) =>
        Number(now < a.availableFromMs) - Number(now < b.availableFromMs) ||
        a.currentLatencyMs - b.currentLatencyMs ||
        a.availableFromMs - b.availableFromMs,
    );
    const half = ranked.length >> 1;
    return half === 0 ? ranked[0].brokerName : ranked[this.#worst++ % half].brokerName;
  }

  #notAvailableMs(latencyMs: number): number {
    const { latencyMax, notAvailableDuration } = this.#options;
    for (let i = latencyMax.length - 1; i >= 0; i--) {
      if (latencyMs >= latencyMax[i]) return notAvailableDuration[i] ?? 0;
    }
    return 0;
  }
}

function shuffled<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
