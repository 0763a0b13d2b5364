/**
 * Copies topics, consumer groups, consumer offsets and the progress of delayed messages from the master to this slave.
 *
 * Invariants: one round at a time; a request made during a round leads to another one; a part that fails is logged once and
 * does not keep the others from being copied; topics and groups are replaced only when their data version differs. Offsets and
 * progress are taken over once the log is here that they speak of: a slave that is promoted must not believe delivered what it
 * does not hold.
 *
 * Behaviour from RocketMQ's SlaveSynchronize; unlike there all requests go to the master's ordinary port, a round is also made
 * when the slave connects, and soon after a message of a topic came that is not known yet.
 */
import type { Clock, Logger, Timer } from '@rocketmq-ts/platform';
import {
  decodeConsumerOffsetTable,
  decodeDelayOffsetTable,
  decodeKVTable,
  decodeSubscriptionGroupWrapper,
  decodeTopicConfigSerializeWrapper,
  equalDataVersions,
  RequestCode,
  ResponseCode,
  responseCodeName,
} from '@rocketmq-ts/protocol';
import { type RemotingClient, RemotingTimeoutError } from '@rocketmq-ts/remoting';
import { BrokerError } from '../broker-error.ts';
import type { GroupConfigTable } from '../group/group-config-table.ts';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.ts';
import type { TopicConfigTable } from '../topic/topic-config-table.ts';

export interface MetadataSyncOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly client: Pick<RemotingClient, 'invoke' | 'closeConnection'>;
  /** `host:port` of the master's ordinary port; undefined while it is not known. */
  readonly masterAddress: () => string | undefined;
  readonly topics: TopicConfigTable;
  readonly groups: GroupConfigTable;
  readonly offsets: ConsumerOffsetTable;
  /** How far the master's log is here. */
  readonly logEnd: () => number;
  /** Consumer offsets have changed. */
  readonly onOffsets: () => void;
  /** Takes over how far the master has delivered each delay level. */
  readonly onDelayOffsets: (offsets: ReadonlyMap<number, number>) => void;
}

const TIMEOUT_MS = 3_000;
/** What the master had delivered and its consumers had consumed when its log ended at `end`. */
interface Progress {
  readonly master: string;
  readonly end: number;
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly delays: ReadonlyMap<number, number>;
}

/** A round is not made sooner than this after a topic was missed. */
const SOON_MS = 200;

export class MetadataSync {
  readonly #options: MetadataSyncOptions;
  readonly #problems = new Map<number, string>();
  #running: Promise<void> | undefined;
  #again = false;
  #soon: Timer | undefined;
  /** Waits for the log. */
  #progress: Progress | undefined;
  #waiting: Timer | undefined;
  #stopped = false;

  constructor(options: MetadataSyncOptions) {
    this.#options = options;
  }

  /** Resolves after a round that began after the call. Does nothing while no master is known. */
  sync(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#rounds().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A message of the topic has been copied. */
  topicSeen(name: string): void {
    if (this.#soon !== undefined || this.#stopped || this.#options.topics.find(name) !== undefined) return;
    this.#soon = this.#options.clock.setTimeout(() => {
      this.#soon = undefined;
      void this.sync();
    }, SOON_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#soon?.cancel();
    this.#waiting?.cancel();
    await this.#running;
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      const master = this.#options.masterAddress();
      if (master === undefined || this.#stopped) return;
      await this.#part(master, RequestCode.GET_ALL_TOPIC_CONFIG, (body) => this.#takeTopics(body));
      await this.#copyProgress(master);
      await this.#part(master, RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, (body) =>
        this.#takeGroups(body),
      );
    } while (this.#again && !this.#stopped);
  }

  /** The end of the log is asked for last, so that it lies behind all that the rest speaks of. */
  async #copyProgress(master: string): Promise<void> {
    // One that still waits is older, and will be true sooner.
    if (this.#progress?.master === master) return;
    let offsets: Progress['offsets'] = new Map();
    let delays: Progress['delays'] = new Map();
    let end: number | undefined;
    await this.#part(master, RequestCode.GET_ALL_CONSUMER_OFFSET, (body) => {
      offsets = decodeConsumerOffsetTable(body).offsetTable;
    });
    await this.#part(master, RequestCode.GET_ALL_DELAY_OFFSET, (body) => {
      delays = decodeDelayOffsetTable(body).offsetTable;
    });
    await this.#part(master, RequestCode.GET_BROKER_RUNTIME_INFO, (body) => {
      end = Number(decodeKVTable(body).table.get('commitLogMaxOffset') ?? 0);
    });
    if (end === undefined || this.#stopped) return;
    this.#progress = { master, end, offsets, delays };
    this.#takeProgress();
  }

  #takeProgress(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
    const progress = this.#progress;
    if (progress === undefined || this.#stopped) return;
    const { logEnd, offsets, onOffsets, onDelayOffsets, clock } = this.#options;
    if (logEnd() < progress.end) {
      this.#waiting = clock.setTimeout(() => this.#takeProgress(), SOON_MS);
      return;
    }
    this.#progress = undefined;
    if (progress.offsets.size > 0) {
      offsets.merge(progress.offsets);
      onOffsets();
    }
    if (progress.delays.size > 0) onDelayOffsets(progress.delays);
  }

  async #part(master: string, code: number, take: (body: Buffer) => void): Promise<void> {
    const { client, logger } = this.#options;
    if (this.#stopped) return;
    try {
      const answer = await client.invoke(master, { code }, TIMEOUT_MS);
      if (this.#stopped) return;
      // A master of 4.4.0 that has delivered no delayed message has no file to answer with.
      const noDelays = code === RequestCode.GET_ALL_DELAY_OFFSET && answer.code === ResponseCode.SYSTEM_ERROR;
      if (answer.code !== ResponseCode.SUCCESS && !noDelays) {
        throw new BrokerError(
          'BROKER_SYNC_FAILED',
          `${master} answered request ${code} with ${responseCodeName(answer.code)} (${answer.code}): ${answer.remark ?? ''}`,
          { retriable: true },
        );
      }
      if (answer.body !== undefined && answer.code === ResponseCode.SUCCESS) take(answer.body);
      this.#problems.delete(code);
    } catch (error) {
      if (error instanceof RemotingTimeoutError) client.closeConnection(master);
      const message = (error as Error).message;
      if (this.#problems.get(code) === message || this.#stopped) return;
      this.#problems.set(code, message);
      logger.warn(`could not copy from the master ${master}; it is tried again: ${message}`, { code });
    }
  }

  #takeTopics(body: Buffer): void {
    const { topics, logger } = this.#options;
    const wrapper = decodeTopicConfigSerializeWrapper(body);
    if (equalDataVersions(wrapper.dataVersion, topics.version)) return;
    topics.replaceAll(wrapper);
    logger.info('copied the topics of the master', { count: topics.size });
  }

  #takeGroups(body: Buffer): void {
    const { groups, logger } = this.#options;
    const wrapper = decodeSubscriptionGroupWrapper(body);
    if (equalDataVersions(wrapper.dataVersion, groups.version)) return;
    groups.replaceAll(wrapper);
    logger.info('copied the consumer groups of the master', { count: wrapper.subscriptionGroupTable.size });
  }
}
