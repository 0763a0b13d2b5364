/**
 * Everything of a broker that handles messages, put together: sends, pulls, look-ups, messages sent back, delayed delivery.
 *
 * Order of a broker's life: `load`, `register`, `start` (after the store's), then `stop`, the store's shutdown, `persist`.
 */
import { RequestCode } from '@rocketmq-ts/protocol';
import type { RemotingServer } from '@rocketmq-ts/remoting';
import type { BrokerContext } from './broker-context.ts';
import { DelayService } from './delay/delay-service.ts';
import { consumerSendMsgBack } from './processor/consumer-send-msg-back.ts';
import { getEarliestMsgStoretime } from './processor/get-earliest-msg-storetime.ts';
import { getMaxOffset } from './processor/get-max-offset.ts';
import { getMinOffset } from './processor/get-min-offset.ts';
import { PullMessage } from './processor/pull-message.ts';
import { queryMessage } from './processor/query-message.ts';
import { searchOffsetByTimestamp } from './processor/search-offset-by-timestamp.ts';
import { SendMessage } from './processor/send-message.ts';
import { viewMessageById } from './processor/view-message-by-id.ts';
import { MessageRouter } from './send/message-router.ts';
import { MessageWriter } from './send/message-writer.ts';
import { SendCompletion } from './send/send-completion.ts';

export class DataPath {
  /** Appends messages of the broker's own. */
  readonly writer: MessageWriter;
  /** Tells when what was appended is safe. */
  readonly completion: SendCompletion;
  readonly #context: BrokerContext;
  readonly #sends: SendMessage;
  readonly #pulls: PullMessage;
  readonly #delay: DelayService;

  constructor(context: BrokerContext) {
    this.#context = context;
    const router = new MessageRouter(context);
    this.writer = new MessageWriter(context, router);
    this.completion = new SendCompletion(context);
    this.#sends = new SendMessage(context, this.completion, router);
    this.#pulls = new PullMessage(context, this.writer);
    this.#delay = new DelayService(context, this.writer, router);
  }

  /** Reads the progress of delayed delivery. Throws StateFileError. */
  load(): void {
    this.#delay.load();
  }

  register(server: RemotingServer): void {
    const context = this.#context;
    server.handleRaw(RequestCode.SEND_MESSAGE, this.#sends.handle);
    server.handleRaw(RequestCode.SEND_MESSAGE_V2, this.#sends.handle);
    server.handleRaw(RequestCode.SEND_BATCH_MESSAGE, this.#sends.handle);
    server.handleRaw(RequestCode.PULL_MESSAGE, this.#pulls.handle);
    server.handle(
      RequestCode.CONSUMER_SEND_MSG_BACK,
      consumerSendMsgBack(context, this.writer, this.completion),
    );
    server.handle(RequestCode.VIEW_MESSAGE_BY_ID, viewMessageById(context));
    server.handle(RequestCode.QUERY_MESSAGE, queryMessage(context));
    server.handle(RequestCode.GET_MAX_OFFSET, getMaxOffset(context));
    server.handle(RequestCode.GET_MIN_OFFSET, getMinOffset(context));
    server.handle(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, searchOffsetByTimestamp(context));
    server.handle(RequestCode.GET_EARLIEST_MSG_STORETIME, getEarliestMsgStoretime(context));
  }

  start(): void {
    this.#delay.start();
  }

  /** Takes no more work on: held pulls are dropped with their connections, delayed messages stay where they are. */
  stop(): void {
    this.#delay.stop();
    this.#pulls.stop();
    this.completion.stop();
  }

  /** Writes the progress of delayed delivery; once the store is shut down. */
  persist(): Promise<void> {
    return this.#delay.persist();
  }

  /** Pulls that wait for messages. */
  get heldPulls(): number {
    return this.#pulls.held.count;
  }

  /** Takes over how far the master has delivered each delay level. */
  followDelayOffsets(offsets: ReadonlyMap<number, number>): void {
    this.#delay.follow(offsets);
  }

  /** By delay level: the first message not yet delivered. */
  delayOffsets(): ReadonlyMap<number, number> {
    return this.#delay.offsets();
  }

  /** The data path's part of the runtime info (request code 28), under 4.4.0's names. */
  runtimeInfo(): Map<string, string> {
    const { config } = this.#context;
    return new Map([
      ['sendThreadPoolQueueSize', `${this.completion.length}`],
      ['sendThreadPoolQueueCapacity', `${config.sendThreadPoolQueueCapacity}`],
      ['pullThreadPoolQueueSize', `${this.#pulls.readsFromDisk}`],
      ['pullThreadPoolQueueCapacity', `${config.pullThreadPoolQueueCapacity}`],
    ]);
  }
}
