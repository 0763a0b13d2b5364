/**
 * How far consumer groups are: `rocketmq_group_*`, `rocketmq_consumer_offset` as the official rocketmq-exporter names and
 * labels them, and the lag of every queue, which it does not have.
 *
 * Invariants: a queue of which a group has stored no offset has no lag here and is left out of the sums, where the exporter
 * counts it as read up to nothing; `rocketmq_group_unknown_queues` tells how many there are. A lag in time needs a look into
 * the log, so that only MAX_LOOKS of them are made for one scrape; groups beyond have none.
 */
import { isDlqTopic, isRetryTopic } from '@rocketmq-ts/protocol';
import type { ConsumerGroup } from '../client/consumer-group.ts';
import type { Exposition } from './exposition.ts';
import type { MetricsSource } from './metrics-source.ts';

const MAX_LOOKS = 2_000;
/** A look counts as this many lines when it is decided whether to let other work run. */
const LOOK_COST = 20;
/** Members named in a label; a group may have thousands. */
const MAX_NAMED = 64;
const DIFF_LABELS = ['group', 'topic', 'countOfOnlineConsumers', 'msgModel'];
const PROGRESS_LABELS = ['cluster', 'broker', 'topic', 'group'];
/** MessageModel's ordinals, as the exporter writes them. */
const MODEL = { BROADCASTING: '0', CLUSTERING: '1' } as const;

interface Progress {
  /** Messages not yet consumed, of the queues whose offset is known; undefined when none is. */
  lag: number | undefined;
  consumed: number;
  unknownQueues: number;
  /** Age of the oldest message not yet consumed; undefined when it is not known. */
  lagMs: number | undefined;
}

export async function addGroupMetrics(out: Exposition, source: MetricsSource): Promise<void> {
  const { control } = source;
  const here = [control.settings.brokerClusterName, control.settings.brokerName];
  const diff = out.family('rocketmq_group_diff', 'Messages not yet consumed', DIFF_LABELS);
  const retryDiff = out.family('rocketmq_group_retrydiff', 'Messages to be consumed again', DIFF_LABELS);
  const dlqDiff = out.family('rocketmq_group_dlqdiff', 'Given-up messages not yet consumed', DIFF_LABELS);
  const offset = out.family('rocketmq_consumer_offset', 'Messages consumed', PROGRESS_LABELS);
  const latency = out.family(
    'rocketmq_group_get_latency_by_storetime',
    'Milliseconds since the oldest message not yet consumed was stored',
    PROGRESS_LABELS,
  );
  const unknown = out.family(
    'rocketmq_group_unknown_queues',
    'Queues with messages of which the group has stored no offset',
    PROGRESS_LABELS,
  );
  const lagOf = new QueueLag(out, source);
  const withoutMembers = new Set<string>();
  for (const [topic, group] of [...control.offsets.pairs()]) {
    const entry = control.topics.find(topic);
    if (entry === undefined || control.consumers.isUnsubscribed(group, topic)) continue;
    const online = control.consumers.find(group);
    if (online === undefined) withoutMembers.add(group);
    const model = online?.messageModel ?? 'CLUSTERING';
    const progress = await lagOf.measure(topic, group, entry.config.readQueueNums);
    const values = [...here, topic, group];
    offset.add(values, progress.lag === undefined ? undefined : progress.consumed);
    unknown.add(values, progress.unknownQueues);
    // Broadcasting groups keep their offsets themselves: what lies here is of another time.
    if (model === 'CLUSTERING') {
      const family = isRetryTopic(topic) ? retryDiff : isDlqTopic(topic) ? dlqDiff : diff;
      family.add([group, topic, online?.size ?? 0, MODEL[model]], progress.lag);
      latency.add(values, progress.lagMs);
    }
    await out.breathe();
  }
  addMembers(out, control.consumers.groups(), withoutMembers);
}

class QueueLag {
  readonly #out: Exposition;
  readonly #control: MetricsSource['control'];
  readonly #queueDiff;
  readonly #here: readonly string[];
  #looks = 0;

  constructor(out: Exposition, { control }: MetricsSource) {
    this.#out = out;
    this.#control = control;
    this.#here = [control.settings.brokerClusterName, control.settings.brokerName];
    this.#queueDiff = out.family('rocketmq_group_queue_diff', 'Messages of a queue not yet consumed', [
      ...PROGRESS_LABELS,
      'queueid',
    ]);
  }

  async measure(topic: string, group: string, queueNums: number): Promise<Progress> {
    const { store, offsets } = this.#control;
    const progress: Progress = { lag: undefined, consumed: 0, unknownQueues: 0, lagMs: 0 };
    for (let queueId = 0; queueId < queueNums; queueId++) {
      const end = store.maxOffset(topic, queueId);
      const consumed = offsets.query(group, topic, queueId);
      if (consumed < 0) {
        if (end > 0) progress.unknownQueues++;
        continue;
      }
      const lag = end - consumed;
      this.#queueDiff.add([...this.#here, topic, group, queueId], lag);
      progress.lag = (progress.lag ?? 0) + lag;
      progress.consumed += consumed;
      if (lag > 0) progress.lagMs = await this.#older(progress.lagMs, topic, queueId, consumed);
    }
    if (progress.lag === undefined) progress.lagMs = undefined;
    return progress;
  }

  async #older(
    lagMs: number | undefined,
    topic: string,
    queueId: number,
    consumed: number,
  ): Promise<number | undefined> {
    if (lagMs === undefined || this.#looks >= MAX_LOOKS) return undefined;
    this.#looks++;
    const { store, platform } = this.#control;
    const first = Math.max(consumed, store.minOffset(topic, queueId));
    const storedAt = await store.storeTimestampOf(topic, queueId, first);
    await this.#out.breathe(LOOK_COST);
    return storedAt < 0 ? undefined : Math.max(lagMs, platform.clock.now() - storedAt);
  }
}

/** Groups without members are told too, so that an alert can say that nobody consumes. */
function addMembers(
  out: Exposition,
  groups: Iterable<ConsumerGroup>,
  withoutMembers: Iterable<string>,
): void {
  const count = out.family('rocketmq_group_count', 'Consumers that are connected', [
    'caddr',
    'localaddr',
    'group',
  ]);
  for (const group of groups) {
    const members = [...group.channels()].slice(0, MAX_NAMED);
    const addresses = members.map((member) => member.connection.remoteAddress).join(',');
    count.add([addresses, members.map((member) => member.clientId).join(','), group.name], group.size);
  }
  for (const group of withoutMembers) count.add(['', '', group], 0);
}
