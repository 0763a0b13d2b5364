/**
 * Name servers and brokers for tests of the client: in memory, as simple as the protocol allows, on the real remoting
 * server. What a test wants otherwise it scripts with `on`.
 */
import type { Platform } from '@rocketmq-ts/platform';
import {
  createOffsetMsgId,
  decodeBatch,
  decodeHeartbeatData,
  decodeLockBatchRequestBody,
  decodeProperties,
  ExtReader,
  encodeClusterInfo,
  encodeGetConsumerListByGroupResponseBody,
  encodeLockBatchResponseBody,
  encodeRecord,
  encodeTopicList,
  encodeTopicRouteData,
  type HeartbeatData,
  messageQueueKey,
  PropertyKey,
  parsePullMessageRequestHeader,
  parseSendMessageRequestHeader,
  RequestCode,
  ResponseCode,
  retryTopic,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import { type Connection, RemotingServer, type Request, type Response } from '@rocketmq-ts/remoting';
import type { SimWorld } from './sim-world.ts';

export type Scripted = Response | 'silence' | undefined;

interface Stored {
  readonly record: Buffer;
  readonly tags: string | undefined;
}

interface HeldPull {
  readonly offset: number;
  readonly answer: () => void;
}

class FakeQueue {
  minOffset = 0;
  readonly messages: Stored[] = [];
  readonly held = new Set<HeldPull>();

  get maxOffset(): number {
    return this.minOffset + this.messages.length;
  }
}

/** One process of the cluster. */
abstract class FakeServer {
  readonly host: string;
  readonly server: RemotingServer;
  /** Every request, by code. */
  readonly requests: { readonly code: number; readonly ext: ReadonlyMap<string, string> }[] = [];
  readonly #scripts = new Map<number, (request: Request, connection: Connection) => Scripted>();

  constructor(world: SimWorld, host: string, port: number) {
    this.host = host;
    this.server = new RemotingServer({ platform: world.platform(host), ports: [port] });
  }

  get address(): string {
    return `${this.host}:${this.server.port}`;
  }

  /** Answers a code in another way; undefined falls through to the usual answer. */
  on(code: number, script: ((request: Request, connection: Connection) => Scripted) | undefined): void {
    if (script === undefined) this.#scripts.delete(code);
    else this.#scripts.set(code, script);
  }

  count(code: number): number {
    return this.requests.filter((request) => request.code === code).length;
  }

  protected handle(
    code: number,
    usual: (request: Request, connection: Connection) => Response | undefined | Promise<Response | undefined>,
  ): void {
    this.server.handle(code, (request, connection) => {
      this.requests.push({ code, ext: new Map(request.ext) });
      const scripted = this.#scripts.get(code)?.(request, connection);
      if (scripted === 'silence') return new Promise(() => {});
      return scripted ?? usual(request, connection);
    });
  }
}

export class FakeNameServer extends FakeServer {
  readonly routes = new Map<string, TopicRouteData>();

  constructor(world: SimWorld, host: string) {
    super(world, host, 9876);
    this.handle(RequestCode.GET_ROUTEINTO_BY_TOPIC, (request) => {
      const topic = request.ext.get('topic') ?? '';
      const route = this.routes.get(topic);
      return route === undefined
        ? {
            code: ResponseCode.TOPIC_NOT_EXIST,
            remark: `No topic route info in name server for the topic: ${topic}\nSee …`,
          }
        : { code: ResponseCode.SUCCESS, body: encodeTopicRouteData(route) };
    });
    this.handle(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, () => ({
      code: ResponseCode.SUCCESS,
      body: encodeTopicList({ topicList: [...this.routes.keys()] }),
    }));
    this.handle(RequestCode.GET_BROKER_CLUSTER_INFO, () => {
      const brokers = [...this.routes.values()].flatMap((route) => route.brokerDatas);
      const brokerAddrTable = new Map(brokers.map((broker) => [broker.brokerName, broker]));
      return {
        code: ResponseCode.SUCCESS,
        body: encodeClusterInfo({ brokerAddrTable, clusterAddrTable: new Map() }),
      };
    });
  }
}

export class FakeBroker extends FakeServer {
  readonly name: string;
  readonly queues = new Map<string, FakeQueue>();
  readonly offsets = new Map<string, number>();
  /** By connection. */
  readonly clients = new Map<Connection, HeartbeatData>();
  readonly locks = new Map<string, string>();
  readonly sentBack: ReadonlyMap<string, string>[] = [];
  readonly deadLetters: string[] = [];
  onHeartbeat: (group: string) => void = () => {};
  /** How long a message sent back waits, milliseconds. */
  retryDelayMs = 10_000;
  readonly #platform: Platform;
  readonly #where = new Map<number, { queue: FakeQueue; topic: string; index: number }>();
  #logOffset = 0;

  constructor(world: SimWorld, name: string, host: string) {
    super(world, host, 10911);
    this.name = name;
    this.#platform = this.server.platform;
    this.#handleMessages();
    this.#noIndex();
    this.#handleClients();
    this.#handleOffsets();
  }

  queue(topic: string, queueId: number): FakeQueue {
    const key = `${topic}@${queueId}`;
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = new FakeQueue();
      this.queues.set(key, queue);
    }
    return queue;
  }

  /** Stores a message; answers its queue offset. */
  put(
    topic: string,
    queueId: number,
    body: Buffer | string,
    properties = new Map<string, string>(),
    more = {},
  ): number {
    const queue = this.queue(topic, queueId);
    const queueOffset = queue.maxOffset;
    const now = this.#platform.clock.now();
    const record = encodeRecord({
      topic,
      flag: 0,
      properties,
      body: Buffer.from(body),
      queueId,
      queueOffset,
      sysFlag: 0,
      bornTimestamp: now,
      bornHost: '10.0.0.9:1',
      storeTimestamp: now,
      storeHost: `${this.host}:10911`,
      commitLogOffset: this.#logOffset,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      ...more,
    });
    this.#where.set(this.#logOffset, { queue, topic, index: queue.messages.length });
    queue.messages.push({ record, tags: properties.get(PropertyKey.TAGS) });
    this.#logOffset += record.length;
    const held = [...queue.held];
    queue.held.clear();
    for (const pull of held) pull.answer();
    return queueOffset;
  }

  /** A one-way request to every client of the group. */
  notify(code: number, ext: Record<string, string>, body?: Buffer): void {
    for (const connection of this.server.connections) connection.oneway({ code, ext, body });
  }

  clientIds(group: string): string[] {
    return [...this.clients.values()]
      .filter((data) => data.consumerDataSet.some((consumer) => consumer.groupName === group))
      .map((data) => data.clientID);
  }

  #handleMessages(): void {
    this.handle(RequestCode.SEND_MESSAGE_V2, (request) => this.#send(request));
    this.handle(RequestCode.SEND_BATCH_MESSAGE, (request) => this.#send(request));
    this.handle(RequestCode.PULL_MESSAGE, (request) => this.#pull(request));
    this.handle(RequestCode.CONSUMER_SEND_MSG_BACK, (request) => this.#sendBack(request));
    this.handle(RequestCode.VIEW_MESSAGE_BY_ID, (request) => {
      const found = this.#where.get(Number(request.ext.get('offset')));
      return found === undefined
        ? { code: ResponseCode.SYSTEM_ERROR, remark: 'can not find message by the offset' }
        : { code: 0, body: found.queue.messages[found.index]?.record };
    });
  }

  #noIndex(): void {
    this.handle(RequestCode.QUERY_MESSAGE, () => ({ code: ResponseCode.QUERY_NOT_FOUND, remark: 'none' }));
  }

  #send(request: Request): Response {
    const header = parseSendMessageRequestHeader(request.ext, request.code);
    const queueId = header.queueId;
    const batch = header.batch
      ? decodeBatch(Buffer.from(request.body))
      : [{ body: Buffer.from(request.body), properties: decodeProperties(header.properties ?? '') }];
    const offsets: number[] = [];
    const ids: string[] = [];
    for (const { body, properties } of batch) {
      ids.push(createOffsetMsgId(this.host, 10911, this.#logOffset));
      const { sysFlag, flag, bornTimestamp, reconsumeTimes = 0 } = header;
      if (header.maxReconsumeTimes !== undefined && reconsumeTimes >= header.maxReconsumeTimes) {
        this.deadLetters.push(body.toString());
      }
      offsets.push(
        this.put(header.topic, queueId, body, properties, { sysFlag, flag, bornTimestamp, reconsumeTimes }),
      );
    }
    return {
      code: ResponseCode.SUCCESS,
      ext: {
        msgId: ids.join(','),
        queueId,
        queueOffset: offsets[0],
        MSG_REGION: 'DefaultRegion',
        TRACE_ON: 'true',
      },
    };
  }

  #pull(request: Request): Response | Promise<Response> {
    const header = parsePullMessageRequestHeader(request.ext);
    const queue = this.queue(header.topic, header.queueId);
    if (header.commitOffset > 0 && (header.sysFlag & 1) !== 0) {
      this.offsets.set(`${header.topic}@${header.consumerGroup}@${header.queueId}`, header.commitOffset);
    }
    const offset = header.queueOffset;
    const answer = (code: number, nextBeginOffset: number, body?: Buffer): Response => ({
      code,
      ext: {
        suggestWhichBrokerId: 0,
        nextBeginOffset,
        minOffset: queue.minOffset,
        maxOffset: queue.maxOffset,
      },
      body,
    });
    if (offset < queue.minOffset) return answer(ResponseCode.PULL_OFFSET_MOVED, queue.minOffset);
    if (offset > queue.maxOffset) return answer(ResponseCode.PULL_OFFSET_MOVED, queue.maxOffset);
    const found = (): Response => {
      const from = offset - queue.minOffset;
      const messages = queue.messages.slice(from, from + header.maxMsgNums);
      if (messages.length === 0) return answer(ResponseCode.PULL_NOT_FOUND, offset);
      return answer(
        ResponseCode.SUCCESS,
        offset + messages.length,
        Buffer.concat(messages.map((each) => each.record)),
      );
    };
    if (offset < queue.maxOffset || (header.sysFlag & 2) === 0) return found();
    return new Promise((resolve) => {
      const held = { offset, answer: () => resolve(found()) };
      queue.held.add(held);
      this.#platform.clock.setTimeout(() => {
        if (queue.held.delete(held)) resolve(answer(ResponseCode.PULL_NOT_FOUND, offset));
      }, header.suspendTimeoutMillis);
    });
  }

  #sendBack(request: Request): Response {
    this.sentBack.push(new Map(request.ext));
    const found = this.#where.get(Number(request.ext.get('offset')));
    const stored = found?.queue.messages[found.index];
    if (found === undefined || stored === undefined)
      return { code: ResponseCode.SYSTEM_ERROR, remark: 'no such message' };
    const group = request.ext.get('group') ?? '';
    const { record } = stored;
    const reconsumeTimes = record.readInt32BE(72) + 1;
    const bodyLength = record.readInt32BE(84);
    const body = Buffer.from(record.subarray(88, 88 + bodyLength));
    const topicLength = record[88 + bodyLength] ?? 0;
    const properties = decodeProperties(record.toString('utf8', 88 + bodyLength + 1 + topicLength + 2));
    if (!properties.has(PropertyKey.RETRY_TOPIC)) properties.set(PropertyKey.RETRY_TOPIC, found.topic);
    if (
      reconsumeTimes > Number(request.ext.get('maxReconsumeTimes')) ||
      Number(request.ext.get('delayLevel')) < 0
    ) {
      this.deadLetters.push(body.toString());
      return { code: ResponseCode.SUCCESS };
    }
    this.#platform.clock.setTimeout(() => {
      this.put(retryTopic(group), 0, body, properties, { reconsumeTimes });
    }, this.retryDelayMs);
    return { code: ResponseCode.SUCCESS };
  }

  #handleClients(): void {
    this.handle(RequestCode.HEART_BEAT, (request, connection) => {
      const data = decodeHeartbeatData(Buffer.from(request.body));
      const known = this.clients.has(connection);
      this.clients.set(connection, data);
      for (const { groupName } of data.consumerDataSet) this.onHeartbeat(groupName);
      if (!known) connection.onClose(() => this.#gone(connection));
      for (const { groupName } of known ? [] : data.consumerDataSet) this.#idsChanged(groupName);
      return { code: ResponseCode.SUCCESS };
    });
    this.handle(RequestCode.UNREGISTER_CLIENT, (_request, connection) => {
      this.#gone(connection);
      return { code: ResponseCode.SUCCESS };
    });
    this.handle(RequestCode.CHECK_CLIENT_CONFIG, () => ({ code: ResponseCode.SUCCESS }));
    this.handle(RequestCode.GET_CONSUMER_LIST_BY_GROUP, (request) => {
      const consumerIdList = this.clientIds(request.ext.get('consumerGroup') ?? '');
      return consumerIdList.length === 0
        ? { code: ResponseCode.SYSTEM_ERROR, remark: 'no consumer for this group' }
        : { code: ResponseCode.SUCCESS, body: encodeGetConsumerListByGroupResponseBody({ consumerIdList }) };
    });
    this.handle(RequestCode.LOCK_BATCH_MQ, (request) => {
      const body = decodeLockBatchRequestBody(Buffer.from(request.body));
      const lockOKMQSet = body.mqSet.filter((queue) => {
        const key = `${body.consumerGroup} ${messageQueueKey(queue)}`;
        if ((this.locks.get(key) ?? body.clientId) !== body.clientId) return false;
        this.locks.set(key, body.clientId);
        return true;
      });
      return { code: ResponseCode.SUCCESS, body: encodeLockBatchResponseBody({ lockOKMQSet }) };
    });
    this.handle(RequestCode.UNLOCK_BATCH_MQ, (request) => {
      const body = decodeLockBatchRequestBody(Buffer.from(request.body));
      for (const queue of body.mqSet) {
        const key = `${body.consumerGroup} ${messageQueueKey(queue)}`;
        if (this.locks.get(key) === body.clientId) this.locks.delete(key);
      }
      return { code: ResponseCode.SUCCESS };
    });
  }

  #gone(connection: Connection): void {
    const data = this.clients.get(connection);
    this.clients.delete(connection);
    for (const { groupName } of data?.consumerDataSet ?? []) this.#idsChanged(groupName);
  }

  #idsChanged(consumerGroup: string): void {
    for (const [connection, data] of this.clients) {
      if (!data.consumerDataSet.some((consumer) => consumer.groupName === consumerGroup) || connection.closed)
        continue;
      connection.oneway({ code: RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, ext: { consumerGroup } });
    }
  }

  #handleOffsets(): void {
    const key = (request: Request): string => {
      const reader = new ExtReader(request.code, request.ext);
      return `${reader.string('topic')}@${reader.string('consumerGroup')}@${reader.int('queueId')}`;
    };
    const queue = (request: Request): FakeQueue =>
      this.queue(request.ext.get('topic') ?? '', Number(request.ext.get('queueId')));
    this.handle(RequestCode.QUERY_CONSUMER_OFFSET, (request) => {
      const offset = this.offsets.get(key(request));
      return offset === undefined
        ? {
            code: ResponseCode.QUERY_NOT_FOUND,
            remark: 'Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first',
          }
        : { code: ResponseCode.SUCCESS, ext: { offset } };
    });
    this.handle(RequestCode.UPDATE_CONSUMER_OFFSET, (request) => {
      this.offsets.set(key(request), Number(request.ext.get('commitOffset')));
      return { code: ResponseCode.SUCCESS };
    });
    this.handle(RequestCode.GET_MAX_OFFSET, (request) => ({
      code: 0,
      ext: { offset: queue(request).maxOffset },
    }));
    this.handle(RequestCode.GET_MIN_OFFSET, (request) => ({
      code: 0,
      ext: { offset: queue(request).minOffset },
    }));
    this.handle(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, (request) => ({
      code: 0,
      ext: { offset: queue(request).minOffset },
    }));
    this.handle(RequestCode.GET_EARLIEST_MSG_STORETIME, () => ({ code: 0, ext: { timestamp: 1 } }));
  }
}

export class FakeCluster {
  readonly nameServers: FakeNameServer[] = [];
  readonly brokers: FakeBroker[] = [];
  readonly #world: SimWorld;

  private constructor(world: SimWorld) {
    this.#world = world;
  }

  static async start(
    world: SimWorld,
    brokerNames: readonly string[] = ['broker-a'],
    nameServers = 1,
  ): Promise<FakeCluster> {
    const cluster = new FakeCluster(world);
    for (let i = 0; i < nameServers; i++)
      cluster.nameServers.push(new FakeNameServer(world, `10.0.1.${i + 1}`));
    for (const [i, name] of brokerNames.entries())
      cluster.brokers.push(new FakeBroker(world, name, `10.0.2.${i + 1}`));
    await Promise.all([...cluster.nameServers, ...cluster.brokers].map((each) => each.server.start()));
    for (const broker of cluster.brokers) {
      broker.onHeartbeat = (group) => {
        if (!cluster.nameServers[0]?.routes.has(retryTopic(group))) cluster.createTopic(retryTopic(group), 1);
      };
    }
    return cluster;
  }

  get namesrvAddr(): string {
    return this.nameServers.map((each) => each.address).join(';');
  }

  get world(): SimWorld {
    return this.#world;
  }

  createTopic(topic: string, queues = 4, brokers: readonly FakeBroker[] = this.brokers, perm = 6): void {
    const route: TopicRouteData = {
      queueDatas: brokers.map((broker) => ({
        brokerName: broker.name,
        readQueueNums: queues,
        writeQueueNums: queues,
        perm,
        topicSynFlag: 0,
      })),
      brokerDatas: brokers.map((broker) => ({
        cluster: 'DefaultCluster',
        brokerName: broker.name,
        brokerAddrs: new Map([[0, broker.address]]),
      })),
      filterServerTable: new Map(),
    };
    for (const nameServer of this.nameServers) nameServer.routes.set(topic, route);
  }
}
