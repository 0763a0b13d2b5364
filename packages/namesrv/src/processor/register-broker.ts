/**
 * REGISTER_BROKER (103): a broker says that it lives, and what topics it has. Sent every 30 s, and one-way when a topic was
 * made. A slave learns its master's addresses from the answer; every broker the order configuration.
 *
 * Counterpart: `DefaultRequestProcessor.registerBrokerWithFilterServer`, and `registerBroker` for brokers before 3.0.11.
 */
import {
  crc32,
  decodeRegisterBrokerBody,
  decodeTopicConfigSerializeWrapper,
  encodeKVTable,
  parseRegisterBrokerRequestHeader,
  type RegisterBrokerBody,
  type RegisterBrokerRequestHeader,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { type Handler, type Request, ResponseError } from '@rocketmq-ts/remoting';
import { ORDER_TOPIC_NAMESPACE } from '../kv/kv-config.ts';
import { answeringErrors } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

/** Ordinal of V3_0_11, the first version that sends filter servers. */
const FILTER_SERVER_VERSION = 37;

export function registerBroker(context: NamesrvContext): Handler {
  return (request, connection) => {
    const header = parseRegisterBrokerRequestHeader(request.ext);
    checkBody(request, header);
    const body = decodeBody(request, header);
    const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
    const master = answeringErrors(() =>
      context.routes.register(
        {
          clusterName: header.clusterName,
          brokerName: header.brokerName,
          brokerAddr: header.brokerAddr,
          brokerId: header.brokerId,
          haServerAddr: header.haServerAddr,
          dataVersion,
          topics: topicConfigTable.values(),
          filterServers: body.filterServerList,
        },
        connection,
        context.platform.clock.monotonicMs(),
      ),
    );
    const order = context.kvConfig.list(ORDER_TOPIC_NAMESPACE);
    return {
      code: ResponseCode.SUCCESS,
      ext: { haServerAddr: master?.haServerAddr, masterAddr: master?.masterAddr },
      body: order === undefined ? undefined : encodeKVTable({ table: new Map(order) }),
    };
  };
}

function checkBody(request: Request, header: RegisterBrokerRequestHeader): void {
  const expected = header.bodyCrc32 ?? 0;
  if (expected === 0 || expected === crc32(request.body, 0, request.body.length)) return;
  throw new ResponseError(ResponseCode.SYSTEM_ERROR, 'crc32 not match');
}

/** What the body says; `filterServerList` undefined when it says nothing of them. */
function decodeBody(
  request: Request,
  header: RegisterBrokerRequestHeader,
): Omit<RegisterBrokerBody, 'filterServerList'> & { filterServerList: string[] | undefined } {
  const old = request.version < FILTER_SERVER_VERSION;
  if (request.body.length === 0) {
    return {
      topicConfigSerializeWrapper: {
        dataVersion: { counter: 0, timestamp: 0 },
        topicConfigTable: new Map(),
      },
      filterServerList: old ? undefined : [],
    };
  }
  if (!old) return decodeRegisterBrokerBody(request.body, header.compressed);
  return {
    topicConfigSerializeWrapper: decodeTopicConfigSerializeWrapper(request.body),
    filterServerList: undefined,
  };
}
