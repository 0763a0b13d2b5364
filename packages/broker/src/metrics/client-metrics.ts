/**
 * What consumers tell of themselves (request code 307): `rocketmq_client_*`, named and labelled as the official
 * rocketmq-exporter does.
 *
 * Invariants: they are asked only when somebody scrapes, no more often than every REFRESH_MS, at most MAX_CLIENTS of them and
 * IN_FLIGHT at a time; a scrape waits for them no longer than WAIT_MS and else tells what they said before. A consumer that
 * does not answer has no figures, and is counted.
 */
import {
  type ConsumeStatus,
  decodeConsumerRunningInfo,
  MQVersion,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import type { ClientChannel } from '../client/client-channel.ts';
import { rounded } from './broker-metrics.ts';
import type { Exposition } from './exposition.ts';
import type { MetricsSource } from './metrics-source.ts';

const REFRESH_MS = 15_000;
const WAIT_MS = 1_000;
const ANSWER_MS = 3_000;
const MAX_CLIENTS = 256;
const IN_FLIGHT = 8;

const FIGURES = [
  ['rocketmq_client_consume_fail_msg_count', 'Failed messages of the last hour', 'consumeFailedMsgs'],
  ['rocketmq_client_consume_fail_msg_tps', 'Failed messages per second', 'consumeFailedTPS'],
  ['rocketmq_client_consume_ok_msg_tps', 'Consumed messages per second', 'consumeOKTPS'],
  ['rocketmq_client_consume_rt', 'Milliseconds that a listener takes', 'consumeRT'],
  ['rocketmq_client_consumer_pull_rt', 'Milliseconds that a pull takes', 'pullRT'],
  ['rocketmq_client_consumer_pull_tps', 'Messages pulled per second', 'pullTPS'],
] as const;

interface Answer {
  readonly labels: readonly string[];
  readonly status: ConsumeStatus;
}

export class ClientMetrics {
  readonly #source: MetricsSource;
  #answers: readonly Answer[] = [];
  #unanswered = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(source: MetricsSource) {
    this.#source = source;
  }

  async add(out: Exposition): Promise<void> {
    await this.#refresh();
    out
      .family('rocketmq_ts_clients_without_answer', 'Consumers that did not tell how they are doing')
      .add([], this.#unanswered);
    for (const [name, help, key] of FIGURES) {
      const family = out.family(name, help, ['clientAddr', 'clientId', 'group', 'topic']);
      for (const { labels, status } of this.#answers) family.add(labels, rounded(status[key]));
      await out.breathe();
    }
  }

  async #refresh(): Promise<void> {
    const { clock } = this.#source.control.platform;
    if (this.#asking === undefined) {
      if (clock.monotonicMs() - this.#askedAt < REFRESH_MS) return;
      this.#askedAt = clock.monotonicMs();
      this.#asking = this.#askAll().finally(() => {
        this.#asking = undefined;
      });
    }
    let timer: { cancel(): void } | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([this.#asking, enough]);
    timer?.cancel();
  }

  async #askAll(): Promise<void> {
    const waiting: [group: string, channel: ClientChannel][] = [];
    for (const group of this.#source.control.consumers.groups()) {
      for (const channel of group.channels()) {
        if (waiting.length === MAX_CLIENTS) break;
        if (channel.version >= MQVersion.V3_1_8_SNAPSHOT) waiting.push([group.name, channel]);
      }
    }
    waiting.reverse();
    const answers: Answer[] = [];
    let unanswered = 0;
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        try {
          for (const answer of await this.#ask(...next)) answers.push(answer);
        } catch {
          unanswered++; // gone, busy or without an answer: told as a figure, a line in the log at every scrape helps nobody
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, waiting.length) }, worker));
    this.#answers = answers;
    this.#unanswered = unanswered;
  }

  async #ask(consumerGroup: string, channel: ClientChannel): Promise<Answer[]> {
    const { connection, clientId } = channel;
    const ext = { consumerGroup, clientId, jstackEnable: false };
    const answer = await connection.invoke({ code: RequestCode.GET_CONSUMER_RUNNING_INFO, ext }, ANSWER_MS);
    if (answer.code !== ResponseCode.SUCCESS || answer.body === undefined) {
      throw new Error(`answered with code ${answer.code}`);
    }
    const { statusTable } = decodeConsumerRunningInfo(answer.body);
    return Array.from(statusTable, ([topic, status]) => ({
      labels: [connection.remoteAddress, clientId, consumerGroup, topic],
      status,
    }));
  }
}
