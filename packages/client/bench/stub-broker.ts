/**
 * Name server and broker of a benchmark in one: knows every topic, stores nothing, answers every send with success and
 * every pull with as many messages as it asks for.
 */
import { realPlatform } from '@rocketmq-ts/platform';
import {
  decodeHeartbeatData,
  encodeGetConsumerListByGroupResponseBody,
  encodeRecord,
  encodeTopicRouteData,
  RequestCode,
  writeInt64,
} from '@rocketmq-ts/protocol';
import { RemotingServer } from '@rocketmq-ts/remoting';

const server = new RemotingServer({ platform: realPlatform(), host: '127.0.0.1', ports: [0] });
const ok = () => ({ code: 0 });
let offset = 0;
let clientID = '';

server.handle(RequestCode.GET_ROUTEINTO_BY_TOPIC, (request) =>
  request.ext.get('topic')?.startsWith('%RETRY%')
    ? { code: 17, remark: 'none' }
    : {
        code: 0,
        body: encodeTopicRouteData({
          queueDatas: [{ brokerName: 'stub', readQueueNums: 4, writeQueueNums: 4, perm: 6, topicSynFlag: 0 }],
          brokerDatas: [
            { cluster: 'bench', brokerName: 'stub', brokerAddrs: new Map([[0, `127.0.0.1:${server.port}`]]) },
          ],
          filterServerTable: new Map(),
        }),
      },
);
server.handle(RequestCode.HEART_BEAT, (request) => {
  clientID = decodeHeartbeatData(request.body).clientID;
  return ok();
});
server.handle(RequestCode.UNREGISTER_CLIENT, ok);
server.handle(RequestCode.UPDATE_CONSUMER_OFFSET, ok);
server.handle(RequestCode.GET_CONSUMER_LIST_BY_GROUP, () => ({
  code: 0,
  body: encodeGetConsumerListByGroupResponseBody({ consumerIdList: [clientID] }),
}));
server.handle(RequestCode.QUERY_CONSUMER_OFFSET, () => ({ code: 22, remark: 'none' }));

const record = encodeRecord({
  topic: 'BenchConsume',
  flag: 0,
  properties: new Map([
    ['WAIT', 'true'],
    ['UNIQ_KEY', 'C0000202164E903F76147192D43B0000'],
    ['TAGS', 'TagA'],
  ]),
  body: Buffer.alloc(128, 'a'),
  queueId: 0,
  queueOffset: 0,
  sysFlag: 0,
  bornTimestamp: 1_700_000_000_000,
  bornHost: '127.0.0.1:1',
  storeTimestamp: 1_700_000_000_000,
  storeHost: '127.0.0.1:10911',
  commitLogOffset: 0,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
});
server.handle(RequestCode.PULL_MESSAGE, (request) => {
  const from = Number(request.ext.get('queueOffset'));
  const count = Number(request.ext.get('maxMsgNums'));
  const body = Buffer.concat(new Array(count).fill(record));
  for (let i = 0; i < count; i++) writeInt64(body, from + i, i * record.length + 20);
  return {
    code: 0,
    ext: {
      suggestWhichBrokerId: 0,
      nextBeginOffset: from + count,
      minOffset: 0,
      maxOffset: from + 1_000_000,
    },
    body,
  };
});

const head =
  '{"code":0,"extFields":{"queueId":"0","TRACE_ON":"true","MSG_REGION":"DefaultRegion",' +
  '"msgId":"7F00000100002A9F0000000000000000","queueOffset":"';
server.handleRaw(RequestCode.SEND_MESSAGE_V2, (view, _buffer, _start, _end, connection) => {
  const header = Buffer.from(
    `${head}${offset++}"},"flag":1,"language":"JAVA","opaque":${view.opaque},"serializeTypeCurrentRPC":"JSON","version":293}`,
  );
  const at = connection.output.reserve(8 + header.length);
  connection.output.buffer.writeInt32BE(4 + header.length, at);
  connection.output.buffer.writeInt32BE(header.length, at + 4);
  header.copy(connection.output.buffer, at + 8);
  connection.output.commit(at + 8 + header.length);
});
await server.start();
process.send?.(server.port);
process.once('disconnect', () => void server.stop(0));
