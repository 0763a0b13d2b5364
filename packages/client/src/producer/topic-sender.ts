/**
 * What a producer knows of one topic: its queues as the route says now, and the request template of each queue.
 *
 * Invariant: `info` belongs to the route that the cache holds; a changed route gives a new one, and new templates.
 */
import type { Random } from '@rocketmq-ts/platform';
import type { TopicRouteData } from '@rocketmq-ts/protocol';
import type { RouteCache } from '../instance/route-cache.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { SendSettings } from './producer-options.ts';
import { SendTemplate } from './send-template.ts';
import { RoundRobin, TopicPublishInfo } from './topic-publish-info.ts';

export class TopicSender {
  readonly topic: string;
  readonly #routes: RouteCache;
  readonly #settings: SendSettings;
  readonly #roundRobin: RoundRobin;
  #route: TopicRouteData | undefined;
  #info: TopicPublishInfo | undefined;
  readonly #templates = new Map<string, SendTemplate>();

  constructor(topic: string, routes: RouteCache, settings: SendSettings, random: Random) {
    this.topic = topic;
    this.#routes = routes;
    this.#settings = settings;
    this.#roundRobin = new RoundRobin(random.integer(0x7fffffff));
  }

  /** The queues to send to; undefined when there is no route, or nothing in it may be written. */
  get info(): TopicPublishInfo | undefined {
    const route = this.#routes.get(this.topic);
    if (route !== this.#route) {
      this.#route = route;
      const info =
        route === undefined ? undefined : new TopicPublishInfo(this.topic, route, this.#roundRobin);
      this.#info = info === undefined || info.queues.length === 0 ? undefined : info;
      this.#templates.clear();
    }
    return this.#info;
  }

  template(queue: MessageQueue): SendTemplate {
    let template = this.#templates.get(queue.key);
    if (template === undefined) {
      template = new SendTemplate({
        producerGroup: this.#settings.producerGroup,
        topic: this.topic,
        defaultTopic: this.#settings.createTopicKey,
        defaultTopicQueueNums: this.#settings.defaultTopicQueueNums,
        queueId: queue.queueId,
        unitMode: this.#settings.unitMode,
      });
      this.#templates.set(queue.key, template);
    }
    return template;
  }
}
