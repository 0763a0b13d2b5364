/**
 * Judges a history: nothing acknowledged is lost, order is kept, duplicates come only where retries allow them, consumer offsets
 * never run ahead of what was consumed, and nobody sees what is not to be seen.
 *
 * What a power cut may take under ASYNC_FLUSH, and what a promotion may take of messages that were not answered SEND_OK, is
 * written in docs/durability.md; the exceptions here are those and no others.
 */
import { STORED, TOPIC } from './clients.ts';
import type { Delivery, History, Loss, Send } from './history.ts';
import type { Scenario } from './scenario.ts';

/** Ids by offset, by queue. */
export type Contents = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** A sync itself takes time, and the look whether one is due comes every half second. */
const FLUSH_LOOK_MS = 500;
const SLACK_MS = 4000;
const MASTER = '10.0.2.1';
/** Offsets are told to the broker every 2 s, and to the disk every 5 s. */
const OFFSET_LAG_MS = 8000;

export function checkHistory(scenario: Scenario, history: History, contents: Contents): string[] {
  const checker = new Checker(scenario, history, contents);
  return checker.run();
}

/** Whether everything that has to be delivered has been. */
export function isCaughtUp(scenario: Scenario, history: History, contents: Contents): boolean {
  return new Checker(scenario, history, contents).undelivered().length === 0;
}

class Checker {
  readonly #scenario: Scenario;
  readonly #history: History;
  readonly #contents: Contents;
  readonly #violations: string[] = [];
  /** What may have taken something that was acknowledged. */
  readonly #losses: readonly Loss[];
  /** Places of each id in the queues. */
  readonly #places = new Map<string, { queue: string; offset: number }[]>();
  readonly #succeeded = new Set<string>();
  /** By queue: the last offset at which a consumer saw a message that is no longer there. */
  readonly #ghosts = new Map<string, number>();

  constructor(scenario: Scenario, history: History, contents: Contents) {
    this.#scenario = scenario;
    this.#history = history;
    this.#contents = contents;
    this.#losses = this.#findLosses();
    for (const [queue, ids] of contents) {
      for (const [offset, id] of ids) {
        const places = this.#places.get(id) ?? [];
        places.push({ queue, offset });
        this.#places.set(id, places);
      }
    }
    for (const delivery of history.deliveries) {
      if (delivery.outcome === 'success') this.#succeeded.add(delivery.id);
      const ids = contents.get(delivery.queue);
      if (ids !== undefined && ids.get(delivery.queueOffset) !== delivery.id) {
        const before = this.#ghosts.get(delivery.queue) ?? -1;
        this.#ghosts.set(delivery.queue, Math.max(before, delivery.queueOffset));
      }
    }
  }

  run(): string[] {
    this.#checkStored();
    this.#checkGhosts();
    this.#checkCopies();
    this.#checkSendOrder();
    for (const send of this.undelivered())
      this.#violate(`${send.id} (${send.kind}, ${send.queue} ${send.queueOffset}) was never consumed`);
    this.#checkHidden();
    this.#checkDuplicates();
    this.#checkOffsets();
    if (this.#scenario.orderly) this.#checkOrderly();
    return this.#violations;
  }

  #violate(what: string): void {
    if (this.#violations.length < 20) this.#violations.push(what);
  }

  /** Acknowledged, and no exception applies: it must be in its place. */
  #mustBeStored(send: Send): boolean {
    const { ackedMs } = send;
    if (ackedMs === undefined || send.status === undefined) return false;
    if (!STORED.includes(send.status)) return false;
    if (send.status === 'FLUSH_DISK_TIMEOUT') {
      return !this.#history.lossy.some(({ atMs }) => send.invokedMs <= atMs);
    }
    return !this.#losses.some((loss) => {
      if (send.invokedMs > loss.atMs) return false;
      return loss.what === 'promote' ? send.status !== 'SEND_OK' : ranSince(ackedMs, loss) < this.#windowMs;
    });
  }

  /** Power cuts of brokers with ASYNC_FLUSH, of the slave only where it has become the master; and the promotion. */
  #findLosses(): Loss[] {
    const { flushDiskType, slaveFlushDiskType } = this.#scenario;
    const { lossy } = this.#history;
    const promotion = lossy.find(({ what }) => what === 'promote');
    return lossy.filter(({ what, broker }) => {
      if (what === 'promote') return true;
      if (broker === MASTER) return flushDiskType === 'ASYNC_FLUSH';
      return slaveFlushDiskType === 'ASYNC_FLUSH' && promotion !== undefined;
    });
  }

  /** What a power cut may take under ASYNC_FLUSH, in time that the broker ran: one that was killed syncs when it starts again. */
  get #windowMs(): number {
    const slowest = Math.max(
      0,
      ...this.#scenario.faults.map((f) => (f.kind === 'slow-disk' ? f.latencyMs : 0)),
    );
    return this.#scenario.flushCommitLogThoroughMs + FLUSH_LOOK_MS + 3 * slowest + 100;
  }

  #checkStored(): void {
    for (const send of this.#history.sends) {
      if (!this.#mustBeStored(send) || send.kind !== 'plain') continue;
      const found = this.#contents.get(send.queue as string)?.get(send.queueOffset);
      if (found !== send.id) {
        this.#violate(
          `${send.id}, acknowledged ${send.status} at ${send.ackedMs} ms as ${send.queue} ${send.queueOffset}, is lost: ` +
            `there is ${found ?? 'nothing'}`,
        );
      }
    }
  }

  /** Consumers see only what stays, unless something may be lost. */
  #checkGhosts(): void {
    if (this.#losses.length > 0) return;
    for (const [queue, offset] of this.#ghosts)
      this.#violate(`a consumer saw a message at ${queue} ${offset} that is not there`);
  }

  #checkCopies(): void {
    for (const [id, places] of this.#places) {
      const send = this.#history.byId.get(id);
      if (send === undefined) {
        this.#violate(`${id} was never sent`);
        continue;
      }
      if (send.kind !== 'plain') continue;
      if (places.length > 1 + this.#scenario.sendRetries)
        this.#violate(`${id} is stored ${places.length} times`);
      else if (
        places.length > 1 &&
        !this.#isDisturbed(send.invokedMs, (send.ackedMs ?? send.invokedMs) + 4000)
      )
        this.#violate(`${id} is stored twice, and nothing had happened`);
    }
  }

  /** What a producer sent one after the other lies in that order in each queue. */
  #checkSendOrder(): void {
    const last = new Map<string, { sequence: number; id: string }>();
    for (const [queue, ids] of this.#contents) {
      for (const offset of [...ids.keys()].sort((a, b) => a - b)) {
        const id = ids.get(offset) as string;
        const send = this.#history.byId.get(id);
        // Failed and repeated ones may arrive late; delayed ones and transactions come when they are due.
        if (send === undefined || send.kind !== 'plain' || send.ackedMs === undefined) continue;
        if ((this.#places.get(id)?.length ?? 0) > 1) continue;
        const [producer, number] = id.split('-') as [string, string];
        const key = `${queue} ${producer}`;
        const before = last.get(key);
        const sequence = Number(number);
        if (before !== undefined && sequence < before.sequence)
          this.#violate(`${queue}: ${id} comes after ${before.id}, which was sent later`);
        last.set(key, { sequence, id });
      }
    }
  }

  /** Sends that must have reached the group and have not. */
  undelivered(): Send[] {
    return this.#history.sends.filter((send) => {
      if (this.#succeeded.has(send.id) || !this.#mustBeStored(send)) return false;
      if (send.kind === 'rollback') return false;
      if (send.kind === 'commit' && !this.#wasCommittedForGood(send)) return false;
      return !this.#wasOverrun(send) && !this.#wasRetryLost(send);
    });
  }

  /** Sent back for another try: the copy for that is as safe as a message that is sent then, and no safer. */
  #wasRetryLost(send: Send): boolean {
    return this.#history.deliveries.some(({ id, outcome, endMs }) => {
      if (id !== send.id || outcome !== 'later' || endMs === undefined) return false;
      return this.#losses.some((loss) => {
        if (endMs > loss.atMs) return false;
        if (loss.what === 'power') return ranSince(endMs, loss) < this.#windowMs;
        return !loss.runs.some(({ fromMs, toMs }) => fromMs <= endMs && endMs < toMs);
      });
    });
  }

  /** The commit itself is not acknowledged: under ASYNC_FLUSH it may be among what a power cut takes. */
  #wasCommittedForGood(send: Send): boolean {
    if (send.status !== 'SEND_OK' || send.decidedMs === undefined) return false;
    return !this.#losses.some(({ atMs, what }) => what === 'power' && atMs > send.invokedMs);
  }

  /**
   * The group had consumed messages at this place that a power cut (ASYNC_FLUSH) or a promotion took away afterwards: what comes
   * there later is behind its offset.
   */
  #wasOverrun(send: Send): boolean {
    if (this.#losses.length === 0) return false;
    const places = this.#places.get(send.id) ?? [];
    return places.some(({ queue, offset }) => offset <= (this.#ghosts.get(queue) ?? -1));
  }

  /** Nobody sees a message whose transaction was not committed. */
  #checkHidden(): void {
    for (const delivery of this.#history.deliveries) {
      const send = this.#history.byId.get(delivery.id);
      if (send === undefined) continue;
      if (send.kind === 'rollback')
        this.#violate(`${send.id} was rolled back, and ${delivery.consumer} saw it`);
      if (send.kind === 'commit' && !(send.decidedMs !== undefined && send.decidedMs <= delivery.startMs))
        this.#violate(`${send.id} was seen by ${delivery.consumer} before it was committed`);
    }
  }

  #isDisturbed(fromMs: number, toMs: number): boolean {
    return this.#history.disturbances.some((each) => each.fromMs <= toMs && each.toMs + SLACK_MS >= fromMs);
  }

  /** The same place again: only where something happened in between, or its offset had not been stored before that. */
  #checkDuplicates(): void {
    const firsts = new Map<string, Delivery>();
    for (const delivery of this.#history.ended) {
      if (delivery.outcome !== 'success') continue;
      const place = `${delivery.queue} ${delivery.queueOffset} ${delivery.id}`;
      const first = firsts.get(place);
      if (
        first !== undefined &&
        !this.#isDisturbed((first.endMs as number) - OFFSET_LAG_MS, delivery.startMs)
      )
        this.#violate(
          `${delivery.id} at ${delivery.queue} ${delivery.queueOffset} was consumed twice, and nothing had happened`,
        );
      firsts.set(place, delivery);
    }
  }

  /** Everything below a stored offset has been consumed, or sent back for another try. */
  #checkOffsets(): void {
    const reached = new Map<string, Set<number>>();
    const prefix = new Map<string, number>();
    let ended = 0;
    for (const stored of this.#history.storedOffsets) {
      for (; ended < stored.ended; ended++) {
        const { queue, queueOffset } = this.#history.ended[ended] as Delivery;
        const offsets = reached.get(queue) ?? new Set<number>();
        reached.set(queue, offsets.add(queueOffset));
      }
      let to = prefix.get(stored.queue) ?? 0;
      const offsets = reached.get(stored.queue);
      while (offsets?.has(to)) to++;
      prefix.set(stored.queue, to);
      if (stored.offset <= to) continue;
      // A power cut may tear a record that nobody was told of, and leave the one behind it: a hole, named in the log.
      const contents = this.#contents.get(stored.queue);
      const wasSeen = this.#history.deliveries.some((d) => d.queue === stored.queue && d.queueOffset === to);
      const isHole = contents === undefined ? !wasSeen : !contents.has(to);
      if (isHole && this.#history.lossy.length > 0) continue;
      this.#violate(
        `at ${stored.atMs} ms the offset of ${stored.queue} was ${stored.offset}, and ${to} had not been consumed`,
      );
    }
  }

  /** An orderly queue is consumed offset by offset: after the n-th comes one not beyond the next. */
  #checkOrderly(): void {
    const highest = new Map<string, number>();
    const running = new Map<string, Delivery>();
    const order = [...this.#history.deliveries].sort((a, b) => a.startMs - b.startMs);
    for (const delivery of order) {
      const { queue, queueOffset } = delivery;
      if (!queue.includes(`/${TOPIC}/`)) continue;
      const top = highest.get(queue) ?? -1;
      if (queueOffset > top + 1 && !this.#areHoles(queue, top + 1, queueOffset))
        this.#violate(`${queue}: ${queueOffset} was consumed before ${top + 1}`);
      const other = running.get(queue);
      const overlaps = other !== undefined && (other.endMs ?? 0) > delivery.startMs;
      if (overlaps && !this.#isDisturbed(other.startMs - 70_000, delivery.startMs))
        this.#violate(`${queue}: ${queueOffset} was consumed while ${other.queueOffset} still was`);
      running.set(queue, delivery);
      if (delivery.outcome === 'success') highest.set(queue, Math.max(top, queueOffset));
    }
  }

  #areHoles(queue: string, from: number, to: number): boolean {
    const ids = this.#contents.get(queue);
    for (let offset = from; offset < to; offset++) if (ids?.has(offset)) return this.#wasLost(queue, from);
    return this.#history.lossy.length > 0;
  }

  #wasLost(queue: string, offset: number): boolean {
    return this.#losses.length > 0 && offset <= (this.#ghosts.get(queue) ?? -1);
  }
}

/** How long the broker ran between an acknowledgement and the loss. */
function ranSince(ackedMs: number, { runs }: Loss): number {
  return runs.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - Math.max(fromMs, ackedMs)), 0);
}
