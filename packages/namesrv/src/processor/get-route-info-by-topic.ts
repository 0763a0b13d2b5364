/**
 * GET_ROUTEINTO_BY_TOPIC (105): the brokers that have a topic, and its queues there. What every client asks every 30 s.
 *
 * 4.x reads broker ids as unquoted keys, and quoted ones too; 5.x says when it wants standard JSON, and gets it.
 */
import {
  encodeTopicRouteData,
  parseGetRouteInfoRequestHeader,
  ResponseCode,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import type { Handler, Request } from '@rocketmq-ts/remoting';
import { ORDER_TOPIC_NAMESPACE } from '../kv/kv-config.ts';
import type { NamesrvContext } from './namesrv-context.ts';

/** Ordinal of V4_9_4: from here on clients understand, and 5.x name servers send, standard JSON. */
const STANDARD_JSON_VERSION = 401;
const FAQ_URL = 'http://rocketmq.apache.org/docs/faq/';

export function getRouteInfoByTopic(context: NamesrvContext): Handler {
  return (request) => {
    const { topic } = parseGetRouteInfoRequestHeader(request.ext);
    const route = context.routes.route(topic);
    if (route === undefined) {
      return {
        code: ResponseCode.TOPIC_NOT_EXIST,
        remark: `No topic route info in name server for the topic: ${topic}\nSee ${FAQ_URL} for further details.`,
      };
    }
    if (context.config.values.orderMessageEnable) {
      route.orderTopicConf = context.kvConfig.get(ORDER_TOPIC_NAMESPACE, topic);
    }
    return { code: ResponseCode.SUCCESS, body: encodeRoute(route, request) };
  };
}

function encodeRoute(route: TopicRouteData, request: Request): Buffer {
  const standard =
    request.version >= STANDARD_JSON_VERSION || request.ext.get('acceptStandardJsonOnly') === 'true';
  return standard ? standardJson(route) : encodeTopicRouteData(route);
}

function standardJson(route: TopicRouteData): Buffer {
  const text = JSON.stringify({
    brokerDatas: route.brokerDatas.map((broker) => ({
      brokerAddrs: Object.fromEntries(broker.brokerAddrs),
      brokerName: broker.brokerName,
      cluster: broker.cluster,
    })),
    filterServerTable: Object.fromEntries(route.filterServerTable),
    orderTopicConf: route.orderTopicConf,
    queueDatas: route.queueDatas.map((queue) => ({ ...queue, topicSysFlag: queue.topicSynFlag })),
  });
  return Buffer.from(text);
}
