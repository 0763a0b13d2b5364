/**
 * Sends a message on its detour: a delayed one through SCHEDULE_TOPIC_XXXX, a half one of a transaction through
 * RMQ_SYS_TRANS_HALF_TOPIC. Both keep where they were meant to go as properties REAL_TOPIC and REAL_QID.
 *
 * Invariant: the properties of a routed request lie in this object's own memory until the next one is routed.
 *
 * Counterpart in RocketMQ: the beginning of CommitLog.putMessage, TransactionalMessageBridge.parseHalfMessageInner.
 */
import {
  decodeProperties,
  encodeProperties,
  MAX_PROPERTIES_BYTES,
  PropertyKey,
  SCHEDULE_TOPIC,
  TRANS_HALF_TOPIC,
  withTransactionType,
} from '@rocketmq-ts/protocol';
import type { AppendRequest, TopicKey } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import { DelayLevels } from './delay-levels.ts';

const ITEM_END = 2;
/** More than REAL_TOPIC and a topic, REAL_QID and an int32, and their separators. */
const ADDED_MAX_BYTES = 256;

export class MessageRouter {
  readonly delayLevels: DelayLevels;
  readonly #context: BrokerContext;
  readonly #scratch = Buffer.allocUnsafeSlow(MAX_PROPERTIES_BYTES + ADDED_MAX_BYTES);
  #schedule: TopicKey | undefined;
  #half: TopicKey | undefined;

  /** Read once, as the runners that deliver are made once. Throws BrokerError when the setting is no list of delays. */
  constructor(context: BrokerContext) {
    this.#context = context;
    this.delayLevels = DelayLevels.parse(context.config.messageDelayLevel);
  }

  /** Turns `request` into a delayed one of `level` (at least 1; beyond the last level, the last). */
  delay(request: AppendRequest, level: number, hasRealTarget: boolean): void {
    const levels = this.delayLevels;
    const capped = Math.min(level, levels.count);
    this.#keepTarget(request, hasRealTarget, capped === level ? 0 : capped);
    this.#schedule = this.#live(this.#schedule, SCHEDULE_TOPIC);
    request.topic = this.#schedule;
    request.queueId = capped - 1;
    request.tagsCode = this.#context.platform.clock.now() + levels.delayMs(capped);
  }

  /** Turns `request` into the half message of a transaction. */
  prepare(request: AppendRequest, hasRealTarget: boolean): void {
    this.#keepTarget(request, hasRealTarget, 0);
    this.#half = this.#live(this.#half, TRANS_HALF_TOPIC);
    request.topic = this.#half;
    request.queueId = 0;
    request.sysFlag = withTransactionType(request.sysFlag, 0);
  }

  #live(key: TopicKey | undefined, name: string): TopicKey {
    return key === undefined || key.deleted ? this.#context.store.topic(name) : key;
  }

  /** Adds the properties; ones of an earlier detour are replaced, and a DELAY beyond the last level is corrected. */
  #keepTarget(request: AppendRequest, hasRealTarget: boolean, correctedLevel: number): void {
    const scratch = this.#scratch;
    let end: number;
    const { properties, propertiesStart, propertiesEnd } = request;
    if (hasRealTarget || correctedLevel > 0) {
      const kept = decodeProperties(
        Buffer.from(properties.subarray(propertiesStart, propertiesEnd)).toString(),
      );
      kept.delete(PropertyKey.REAL_TOPIC);
      kept.delete(PropertyKey.REAL_QID);
      if (correctedLevel > 0) kept.set(PropertyKey.DELAY, `${correctedLevel}`);
      end = scratch.write(encodeProperties(kept));
    } else {
      scratch.set(properties.subarray(propertiesStart, propertiesEnd));
      end = propertiesEnd - propertiesStart;
      if (end > 0 && scratch[end - 1] !== ITEM_END) scratch[end++] = ITEM_END;
    }
    end += scratch.write(
      `${PropertyKey.REAL_TOPIC}\x01${request.topic.name}\x02${PropertyKey.REAL_QID}\x01${request.queueId}\x02`,
      end,
    );
    request.properties = scratch;
    request.propertiesStart = 0;
    request.propertiesEnd = end;
  }
}
