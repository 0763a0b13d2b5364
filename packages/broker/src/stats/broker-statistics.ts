/**
 * What request codes 315 and 28 tell about the traffic, made by sampling the data path's counters every 10 seconds: nothing
 * of it costs anything per message.
 *
 * Names, keys and windows from RocketMQ's BrokerStatsManager and BrokerStats; the commercial and fall-behind items are
 * not kept (nothing fills them in a stock 4.4.0 broker either).
 */
import type { Clock } from '@rocketmq-ts/platform';
import type { BrokerStats, GroupEntry, TopicEntry } from '../broker-context.ts';
import { type StatsSnapshot, type StatsSpan, StatsWindow } from './stats-window.ts';

export const StatsName = {
  TOPIC_PUT_NUMS: 'TOPIC_PUT_NUMS',
  TOPIC_PUT_SIZE: 'TOPIC_PUT_SIZE',
  GROUP_GET_NUMS: 'GROUP_GET_NUMS',
  GROUP_GET_SIZE: 'GROUP_GET_SIZE',
  GROUP_GET_LATENCY: 'GROUP_GET_LATENCY',
  SNDBCK_PUT_NUMS: 'SNDBCK_PUT_NUMS',
  BROKER_PUT_NUMS: 'BROKER_PUT_NUMS',
  BROKER_GET_NUMS: 'BROKER_GET_NUMS',
  GROUP_GET_FROM_DISK_NUMS: 'GROUP_GET_FROM_DISK_NUMS',
  GROUP_GET_FROM_DISK_SIZE: 'GROUP_GET_FROM_DISK_SIZE',
} as const;
export type StatsName = (typeof StatsName)[keyof typeof StatsName];

export interface BrokerStatisticsOptions {
  readonly clock: Clock;
  readonly clusterName: string;
  readonly counters: BrokerStats;
  /**
   * Messages that the store took since the start. More than were sent: as 4.4.0 counts, one that is delayed or sent back counts
   * again with every queue it comes to, a transaction counts three times.
   */
  readonly storedCount: () => number;
  readonly topics: () => Iterable<TopicEntry>;
  readonly groups: () => Iterable<GroupEntry>;
}

const SECONDS_PER_SAMPLE = 10;
const SAMPLES_PER_HOUR_SAMPLE = 60;
const SAMPLES_PER_DAY_SAMPLE = 360;

export class BrokerStatistics {
  readonly #options: BrokerStatisticsOptions;
  /** By name, then key. */
  readonly #windows = new Map<StatsName, Map<string, StatsWindow>>();
  #samples = 0;
  #day: number;
  #putTodayMorning = 0;
  #putYesterdayMorning = 0;
  #getTodayMorning = 0;
  #getYesterdayMorning = 0;

  constructor(options: BrokerStatisticsOptions) {
    this.#options = options;
    this.#day = localDay(options.clock.now());
  }

  static readonly periodMs = SECONDS_PER_SAMPLE * 1000;

  /** Called every `periodMs`. */
  sample(): void {
    const now = this.#options.clock.now();
    const spans: StatsSpan[] = ['minute'];
    if (this.#samples % SAMPLES_PER_HOUR_SAMPLE === 0) spans.push('hour');
    if (this.#samples % SAMPLES_PER_DAY_SAMPLE === 0) spans.push('day');
    this.#samples++;
    const live = new Set<StatsWindow>();
    const take = (name: StatsName, key: string, value: number, times: number): void => {
      if (value === 0 && times === 0) return;
      const window = this.#window(name, key);
      live.add(window);
      for (const span of spans) window.sample(span, now, value, times);
    };
    this.#sampleBroker(take);
    for (const topic of this.#options.topics()) sampleTopic(topic, take);
    for (const group of this.#options.groups()) sampleGroup(group, take);
    this.#forgetAllBut(live);
    this.#turnDay(now);
  }

  #sampleBroker(take: Take): void {
    const { counters, clusterName } = this.#options;
    take(StatsName.BROKER_PUT_NUMS, clusterName, counters.putNums, 0);
    take(StatsName.BROKER_GET_NUMS, clusterName, counters.getNums, 0);
  }

  #window(name: StatsName, key: string): StatsWindow {
    let windows = this.#windows.get(name);
    if (windows === undefined) {
      windows = new Map();
      this.#windows.set(name, windows);
    }
    let window = windows.get(key);
    if (window === undefined) {
      window = new StatsWindow();
      // A counter was 0 before it was first seen: without this its first 10 seconds would not count.
      for (const span of ['minute', 'hour', 'day'] as const) {
        window.sample(span, this.#options.clock.now() - BrokerStatistics.periodMs, 0, 0);
      }
      windows.set(key, window);
    }
    return window;
  }

  /** Windows of deleted topics and groups go. */
  #forgetAllBut(live: ReadonlySet<StatsWindow>): void {
    for (const windows of this.#windows.values()) {
      for (const [key, window] of windows) if (!live.has(window)) windows.delete(key);
    }
  }

  #turnDay(now: number): void {
    const day = localDay(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#putYesterdayMorning = this.#putTodayMorning;
    this.#getYesterdayMorning = this.#getTodayMorning;
    this.#putTodayMorning = this.#options.storedCount();
    this.#getTodayMorning = this.#options.counters.getNums;
  }

  /** Undefined when nothing was counted under the name and key yet. */
  snapshots(name: string, key: string): Record<StatsSpan, StatsSnapshot> | undefined {
    const window = this.#windows.get(name as StatsName)?.get(key);
    if (window === undefined) return undefined;
    return {
      minute: window.snapshot('minute'),
      hour: window.snapshot('hour'),
      day: window.snapshot('day'),
    };
  }

  /** What was counted under one name, by key; nothing that was not counted yet. */
  *lastMinutes(name: StatsName): IterableIterator<[key: string, minute: StatsSnapshot]> {
    for (const [key, window] of this.#windows.get(name) ?? []) yield [key, window.snapshot('minute')];
  }

  /** Messages a second that a group got of a topic in the last minute. */
  groupGetTps(group: string, topic: string): number {
    return this.#windows.get(StatsName.GROUP_GET_NUMS)?.get(`${topic}@${group}`)?.snapshot('minute').tps ?? 0;
  }

  /** Keys of request code 28 that tell of mornings. */
  totals(): Map<string, number> {
    const { counters, storedCount } = this.#options;
    return new Map([
      ['msgPutTotalYesterdayMorning', this.#putYesterdayMorning],
      ['msgPutTotalTodayMorning', this.#putTodayMorning],
      ['msgPutTotalTodayNow', storedCount()],
      ['msgGetTotalYesterdayMorning', this.#getYesterdayMorning],
      ['msgGetTotalTodayMorning', this.#getTodayMorning],
      ['msgGetTotalTodayNow', counters.getNums],
    ]);
  }
}

type Take = (name: StatsName, key: string, value: number, times: number) => void;

function sampleTopic(topic: TopicEntry, take: Take): void {
  take(StatsName.TOPIC_PUT_NUMS, topic.name, topic.putNums, topic.putNums);
  take(StatsName.TOPIC_PUT_SIZE, topic.name, topic.putSizeBytes, topic.putNums);
}

function sampleGroup(group: GroupEntry, take: Take): void {
  for (const [topic, counters] of group.counters) {
    const key = `${topic}@${group.name}`;
    take(StatsName.GROUP_GET_NUMS, key, counters.getNums, counters.getTimes);
    take(StatsName.GROUP_GET_SIZE, key, counters.getSizeBytes, counters.getTimes);
    take(StatsName.GROUP_GET_LATENCY, key, counters.getLatencyMs, counters.getTimes);
    take(StatsName.GROUP_GET_FROM_DISK_NUMS, key, counters.getFromDiskNums, counters.getTimes);
    take(StatsName.GROUP_GET_FROM_DISK_SIZE, key, counters.getFromDiskSizeBytes, counters.getTimes);
    take(StatsName.SNDBCK_PUT_NUMS, key, counters.sendBackNums, counters.sendBackNums);
  }
}

/** Days since 1970 in local time. */
function localDay(now: number): number {
  const date = new Date(now);
  return Math.floor((now - date.getTimezoneOffset() * 60_000) / 86_400_000);
}
