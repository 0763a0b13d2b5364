/**
 * Asks the name servers. One of them is asked until it fails or does not know, then the others in turn; what each
 * answered is kept for the error message.
 *
 * Behaviour from NettyRemotingClient's choice of name server and MQClientAPIImpl.getTopicRouteInfoFromNameServer; unlike
 * Java, a topic that one name server does not know is looked for at the others, because they register brokers
 * independently.
 */
import type { Logger, Random } from '@rocketmq-ts/platform';
import {
  type BrokerData,
  decodeClusterInfo,
  decodeTopicList,
  decodeTopicRouteData,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  responseCodeName,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import type { Command } from '@rocketmq-ts/remoting';
import { describeError, MQClientError } from '../errors.ts';
import type { Requests } from './requests.ts';

/** What one name server said, in words. */
export interface NameServerAnswer {
  readonly address: string;
  readonly outcome: string;
  /** False when it did not answer at all. */
  readonly reached: boolean;
}

export type RouteAnswer =
  | { readonly route: TopicRouteData; readonly answers?: undefined }
  | { readonly route?: undefined; readonly answers: readonly NameServerAnswer[] };

export class NameServers {
  #addresses: readonly string[];
  readonly #requests: Requests;
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  #current: number;

  constructor(
    addresses: readonly string[],
    requests: Requests,
    timeoutMs: number,
    random: Random,
    logger: Logger,
  ) {
    this.#addresses = addresses;
    this.#requests = requests;
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
    this.#current = random.integer(Math.max(addresses.length, 1));
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  setAddresses(addresses: readonly string[]): void {
    this.#addresses = addresses;
    this.#current %= addresses.length;
  }

  /** The route of a topic, or what every name server said instead. Never rejects. */
  async route(topic: string): Promise<RouteAnswer> {
    const command = { code: RequestCode.GET_ROUTEINTO_BY_TOPIC, ext: { topic } };
    const answers: NameServerAnswer[] = [];
    let route: TopicRouteData | undefined;
    await this.#ask(command, answers, (address, response) => {
      if (response.code === ResponseCode.SUCCESS && response.body !== undefined) {
        route = decodeTopicRouteData(response.body);
        return true;
      }
      answers.push({ address, outcome: describeAnswer(response), reached: true });
      return false;
    });
    return route === undefined ? { answers } : { route };
  }

  /** The first answer, whatever its code. Rejects with NAME_SERVER_UNREACHABLE when there is none. */
  async invoke(command: Command): Promise<RemotingCommand> {
    const failed: NameServerAnswer[] = [];
    let result: RemotingCommand | undefined;
    await this.#ask(command, failed, (_address, response) => {
      result = response;
      return true;
    });
    if (result !== undefined) return result;
    throw new MQClientError('NAME_SERVER_UNREACHABLE', `no name server answered: ${describeAnswers(failed)}`);
  }

  /** Every topic the name servers know; empty when none of them answers. */
  async topicNames(): Promise<readonly string[]> {
    try {
      const response = await this.invoke({ code: RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER });
      return response.body === undefined ? [] : decodeTopicList(response.body).topicList;
    } catch (error) {
      this.#logger.info('the list of topics could not be fetched', { error });
      return [];
    }
  }

  /** Every broker the name servers know; empty when none of them answers. */
  async brokers(): Promise<readonly BrokerData[]> {
    try {
      const response = await this.invoke({ code: RequestCode.GET_BROKER_CLUSTER_INFO });
      if (response.body === undefined) return [];
      return [...decodeClusterInfo(response.body).brokerAddrTable.values()];
    } catch (error) {
      this.#logger.info('the list of brokers could not be fetched', { error });
      return [];
    }
  }

  /** Hands answers to `take` until it is satisfied; notes in `failed` who did not answer. Never rejects. */
  async #ask(
    command: Command,
    failed: NameServerAnswer[],
    take: (address: string, response: RemotingCommand) => boolean,
  ): Promise<void> {
    const first = this.#current;
    const addresses = this.#addresses;
    for (let i = 0; i < addresses.length; i++) {
      const index = (first + i) % addresses.length;
      const address = addresses[index];
      try {
        const response = await this.#requests.invoke(address, command, this.#timeoutMs);
        if (!take(address, response)) continue;
        if (this.#addresses === addresses) this.#current = index;
        return;
      } catch (error) {
        failed.push({ address, outcome: describeError(error), reached: false });
        if (this.#addresses === addresses && this.#current === index) {
          this.#current = (index + 1) % addresses.length;
        }
      }
    }
  }
}

export function describeAnswers(answers: readonly NameServerAnswer[]): string {
  return answers.map((answer) => `${answer.address} (${answer.outcome})`).join('; ');
}

function describeAnswer(response: RemotingCommand): string {
  const remark = (response.remark ?? '').split('\n', 1)[0];
  return `code ${response.code} ${responseCodeName(response.code)}${remark === '' ? '' : `: ${remark}`}`;
}
