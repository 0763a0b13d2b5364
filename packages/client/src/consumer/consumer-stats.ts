/**
 * Rates and times per topic for GET_CONSUMER_RUNNING_INFO: RocketMQ's ConsumerStatsManager.
 *
 * Invariant: noting costs two additions; every 10 seconds the totals are sampled, and a rate is the difference over the
 * last minute of samples.
 */
import type { Clock, Timer } from '@rocketmq-ts/platform';
import type { ConsumeStatus } from '@rocketmq-ts/protocol';

const sampleMs = 10000;
/** A minute of samples and the one before them. */
const samplesPerMinute = 7;
const samplesPerHour = 361;

class TopicTotals {
  pulled = 0;
  pulls = 0;
  pullMs = 0;
  consumedOk = 0;
  consumedFailed = 0;
  consumes = 0;
  consumeMs = 0;
  readonly samples: Sample[] = [];
}

interface Sample {
  readonly atMs: number;
  readonly pulled: number;
  readonly pulls: number;
  readonly pullMs: number;
  readonly consumedOk: number;
  readonly consumedFailed: number;
  readonly consumes: number;
  readonly consumeMs: number;
}

export class ConsumerStats {
  readonly #clock: Clock;
  readonly #topics = new Map<string, TopicTotals>();
  readonly #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = clock.setInterval(() => this.#sample(), sampleMs);
  }

  stop(): void {
    this.#timer.cancel();
  }

  pulled(topic: string, messages: number, tookMs: number): void {
    const totals = this.#totals(topic);
    totals.pulled += messages;
    totals.pulls++;
    totals.pullMs += tookMs;
  }

  consumed(topic: string, ok: number, failed: number, tookMs: number): void {
    const totals = this.#totals(topic);
    totals.consumedOk += ok;
    totals.consumedFailed += failed;
    totals.consumes++;
    totals.consumeMs += tookMs;
  }

  status(topic: string): ConsumeStatus {
    const totals = this.#topics.get(topic);
    if (totals === undefined) {
      return {
        pullRT: 0,
        pullTPS: 0,
        consumeRT: 0,
        consumeOKTPS: 0,
        consumeFailedTPS: 0,
        consumeFailedMsgs: 0,
      };
    }
    const last = this.#take(totals);
    const { samples } = totals;
    const minuteAgo = samples[Math.max(0, samples.length - samplesPerMinute + 1)] ?? last;
    const hourAgo = samples[0] ?? last;
    const seconds = Math.max((last.atMs - minuteAgo.atMs) / 1000, 1);
    return {
      pullRT: perCall(last.pullMs - minuteAgo.pullMs, last.pulls - minuteAgo.pulls),
      pullTPS: (last.pulled - minuteAgo.pulled) / seconds,
      consumeRT: perCall(last.consumeMs - minuteAgo.consumeMs, last.consumes - minuteAgo.consumes),
      consumeOKTPS: (last.consumedOk - minuteAgo.consumedOk) / seconds,
      consumeFailedTPS: (last.consumedFailed - minuteAgo.consumedFailed) / seconds,
      consumeFailedMsgs: last.consumedFailed - hourAgo.consumedFailed,
    };
  }

  #totals(topic: string): TopicTotals {
    let totals = this.#topics.get(topic);
    if (totals === undefined) {
      totals = new TopicTotals();
      totals.samples.push(this.#take(totals));
      this.#topics.set(topic, totals);
    }
    return totals;
  }

  #sample(): void {
    for (const totals of this.#topics.values()) {
      totals.samples.push(this.#take(totals));
      if (totals.samples.length > samplesPerHour) totals.samples.shift();
    }
  }

  #take(totals: TopicTotals): Sample {
    const { pulled, pulls, pullMs, consumedOk, consumedFailed, consumes, consumeMs } = totals;
    const atMs = this.#clock.monotonicMs();
    return { atMs, pulled, pulls, pullMs, consumedOk, consumedFailed, consumes, consumeMs };
  }
}

function perCall(totalMs: number, calls: number): number {
  return calls === 0 ? 0 : totalMs / calls;
}
