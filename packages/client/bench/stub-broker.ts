/** Name server and broker of a benchmark in one: knows one topic, stores nothing, answers every send with success. */
import { realPlatform } from '@rocketmq-ts/platform';
import { encodeTopicRouteData, RequestCode } from '@rocketmq-ts/protocol';
import { RemotingServer } from '@rocketmq-ts/remoting';

const server = new RemotingServer({ platform: realPlatform(), host: '127.0.0.1', ports: [0] });
let offset = 0;
server.handle(RequestCode.GET_ROUTEINTO_BY_TOPIC, () => ({
  code: 0,
  body: encodeTopicRouteData({
    queueDatas: [{ brokerName: 'stub', readQueueNums: 4, writeQueueNums: 4, perm: 6, topicSynFlag: 0 }],
    brokerDatas: [
      { cluster: 'bench', brokerName: 'stub', brokerAddrs: new Map([[0, `127.0.0.1:${server.port}`]]) },
    ],
    filterServerTable: new Map(),
  }),
}));
server.handle(RequestCode.HEART_BEAT, () => ({ code: 0 }));
server.handle(RequestCode.UNREGISTER_CLIENT, () => ({ code: 0 }));
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
