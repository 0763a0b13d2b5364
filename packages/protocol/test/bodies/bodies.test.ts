import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import * as protocol from '../../src/index.ts';
import { ProtocolError, RequestCode } from '../../src/index.ts';
import { capturedBodies, capturedFrames, javaVectors } from '../fixtures.ts';

interface Codec {
  encode(value: unknown, options?: { pretty?: boolean }): Buffer;
  decode(body: Buffer | string): unknown;
}

/** The codec by the name of its body: `encodeX` and `decodeX` of the package. */
function codecOf(name: string): Codec {
  const exports = protocol as unknown as Record<string, unknown>;
  const encode = exports[`encode${name}`];
  const decode = exports[`decode${name}`];
  assert(typeof encode === 'function' && typeof decode === 'function', `no codec ${name}`);
  return { encode: encode as Codec['encode'], decode: decode as Codec['decode'] };
}

const REQUEST_BODIES = new Map<number, string>([
  [RequestCode.HEART_BEAT, 'HeartbeatData'],
  [RequestCode.LOCK_BATCH_MQ, 'LockBatchRequestBody'],
  [RequestCode.UNLOCK_BATCH_MQ, 'UnlockBatchRequestBody'],
  [RequestCode.CHECK_CLIENT_CONFIG, 'CheckClientRequestBody'],
  [RequestCode.REGISTER_BROKER, 'RegisterBrokerBody'],
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, 'SubscriptionGroupConfig'],
  [RequestCode.RESET_CONSUMER_CLIENT_OFFSET, 'ResetOffsetBody'],
]);

const RESPONSE_BODIES = new Map<number, string>([
  [RequestCode.GET_ALL_TOPIC_CONFIG, 'TopicConfigSerializeWrapper'],
  [RequestCode.GET_BROKER_RUNTIME_INFO, 'KVTable'],
  [RequestCode.REGISTER_BROKER, 'KVTable'],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, 'GetConsumerListByGroupResponseBody'],
  [RequestCode.LOCK_BATCH_MQ, 'LockBatchResponseBody'],
  [RequestCode.GET_ALL_CONSUMER_OFFSET, 'ConsumerOffsetTable'],
  [RequestCode.GET_ALL_DELAY_OFFSET, 'DelayOffsetTable'],
  [RequestCode.GET_ROUTEINTO_BY_TOPIC, 'TopicRouteData'],
  [RequestCode.GET_BROKER_CLUSTER_INFO, 'ClusterInfo'],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, 'SubscriptionGroupWrapper'],
  [RequestCode.GET_TOPIC_STATS_INFO, 'TopicStatsTable'],
  [RequestCode.GET_CONSUMER_CONNECTION_LIST, 'ConsumerConnection'],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, 'ProducerConnection'],
  [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, 'TopicList'],
  [RequestCode.GET_CONSUME_STATS, 'ConsumeStats'],
  [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, 'ResetOffsetBody'],
  [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, 'GroupList'],
  [RequestCode.GET_CONSUMER_RUNNING_INFO, 'ConsumerRunningInfo'],
  [RequestCode.VIEW_BROKER_STATS_DATA, 'BrokerStatsData'],
  [RequestCode.GET_BROKER_CONSUME_STATS, 'ConsumeStatsList'],
  [RequestCode.QUERY_CONSUME_QUEUE, 'QueryConsumeQueueResponseBody'],
]);

test('captured bodies encode again to the same bytes', () => {
  let count = 0;
  for (const [side, bodies] of [
    ['request', REQUEST_BODIES],
    ['response', RESPONSE_BODIES],
  ] as const) {
    for (const [code, name] of bodies) {
      const { encode, decode } = codecOf(name);
      for (const body of capturedBodies(code, side)) {
        assert.equal(encode(decode(body)).toString(), body.toString(), `${name} of code ${code}`);
        count++;
      }
    }
  }
  assert.equal(count, 72, 'every captured JSON body');
});

test('no captured JSON body is without a codec', () => {
  for (const { code, side, frame } of capturedFrames) {
    const body = frame.subarray(8 + (frame.readInt32BE(4) & 0xffffff));
    if (body[0] !== 0x7b) continue;
    assert((side === 'request' ? REQUEST_BODIES : RESPONSE_BODIES).has(code), `${side} ${code}`);
  }
});

test('bodies written by the official classes, compact and pretty', () => {
  for (const vector of javaVectors('body')) {
    const { encode, decode } = codecOf(vector.text('type').replace(/#.*/, ''));
    const value = decode(vector.text('compact'));
    assert.equal(encode(value).toString(), vector.text('compact'));
    assert.deepEqual(decode(vector.text('pretty')), value);
    if (vector.text('type') === 'RegisterBrokerBody') continue; // its second argument is another
    assert.equal(encode(value, { pretty: true }).toString(), vector.text('pretty'));
  }
});

test('a route, member by member', () => {
  const body = capturedBodies(RequestCode.GET_ROUTEINTO_BY_TOPIC, 'response').find((bytes) =>
    bytes.includes('127.0.0.1:21911'),
  );
  assert(body);
  assert.deepEqual(protocol.decodeTopicRouteData(body), {
    brokerDatas: [
      {
        brokerAddrs: new Map([
          [0, '127.0.0.1:21911'],
          [1, '127.0.0.1:22911'],
        ]),
        brokerName: 'broker-x',
        cluster: 'DefaultCluster',
      },
    ],
    filterServerTable: new Map(),
    queueDatas: [{ brokerName: 'broker-x', perm: 7, readQueueNums: 8, topicSynFlag: 0, writeQueueNums: 8 }],
  });
});

test('5.x spelling, quoted numeric keys, missing members', () => {
  const route = protocol.decodeTopicRouteData(
    '{"brokerDatas":[{"brokerAddrs":{"0":"a:1"},"brokerName":"b","cluster":"c","zone":"z"}],"queueDatas":[{"brokerName":"b","topicSysFlag":3}]}',
  );
  assert.deepEqual(route.brokerDatas[0]?.brokerAddrs, new Map([[0, 'a:1']]));
  assert.equal(route.queueDatas[0]?.topicSynFlag, 3);
  assert.deepEqual(route.filterServerTable, new Map());
  const heartbeat = protocol.decodeHeartbeatData(
    '{"clientID":"c","consumerDataSet":[{"groupName":"g","consumeType":"CONSUME_PASSIVELY","messageModel":1,"subscriptionDataSet":[{"topic":"T"}]}]}',
  );
  assert.equal(heartbeat.consumerDataSet[0]?.messageModel, 'CLUSTERING');
  assert.deepEqual(heartbeat.consumerDataSet[0]?.subscriptionDataSet, [
    {
      classFilterMode: false,
      codeSet: [],
      expressionType: 'TAG',
      subString: '*',
      subVersion: 0,
      tagsSet: [],
      topic: 'T',
    },
  ]);
});

test('a heartbeat as clients in other languages write it', () => {
  const group = '"groupName":"G","subscriptionDataSet":[{"Topic":"T","sub_string":"*"}]';
  for (const text of [
    `{"clientId":"c","producerDataSet":{},"consumerDataSet":[{${group}}]}`,
    `{"ClientID":"c","ConsumerDataSet":[{${group},"messageModel":"clustering","consumeType":"PUSH","consumeFromWhere":"first"}]}`,
    `{"client_id":"c","consumer_data_set":[{${group},"messageModel":null,"consumeType":""}]}`,
  ]) {
    const heartbeat = protocol.decodeHeartbeatData(text);
    assert.equal(heartbeat.clientID, 'c', text);
    assert.deepEqual(heartbeat.producerDataSet, [], text);
    const consumer = heartbeat.consumerDataSet[0]!;
    assert.deepEqual(
      [consumer.consumeType, consumer.messageModel, consumer.consumeFromWhere],
      ['CONSUME_PASSIVELY', 'CLUSTERING', 'CONSUME_FROM_LAST_OFFSET'],
      text,
    );
    assert.equal(consumer.subscriptionDataSet[0]?.topic, 'T', text);
    assert.equal(consumer.subscriptionDataSet[0]?.subString, '*', text);
  }
});

test('what is wrong in a body is named with its path', () => {
  assert.throws(
    () => protocol.decodeHeartbeatData('{"clientID":"c","producerDataSet":[{"groupName":"g"},{}]}'),
    /HeartbeatData\.producerDataSet\[1\]\.groupName must be a string, found nothing/,
  );
  assert.throws(
    () =>
      protocol.decodeTopicConfigSerializeWrapper('{"topicConfigTable":{"T":{"topicName":"T","perm":"x"}}}'),
    /TopicConfigSerializeWrapper\.topicConfigTable\.T\.perm must be an integer .* found x/,
  );
  assert.throws(() => protocol.decodeResetOffsetBody('{"offsetTable":{"T":1}}'), /key T of ResetOffsetBody/);
  assert.throws(() => protocol.decodeGroupList('[]'), /GroupList must be an object/);
});

test('tables survive names that are special to JavaScript', () => {
  const table = new Map([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
  assert.deepEqual(protocol.decodeKVTable(protocol.encodeKVTable({ table })).table, table);
});

test('2^63-1 is kept where it occurs', () => {
  const body = {
    correctionOffsets: new Map<number, number | bigint>([
      [0, 9223372036854775807n],
      [1, 5],
    ]),
  };
  assert.deepEqual(
    protocol.decodeQueryCorrectionOffsetBody(protocol.encodeQueryCorrectionOffsetBody(body)),
    body,
  );
});

test('the compressed register body', () => {
  const vector = javaVectors('registerCompressed')[0];
  assert(vector);
  const body = protocol.decodeRegisterBrokerBody(vector.bytes('hex'), true);
  assert.equal(protocol.encodeRegisterBrokerBody(body).toString(), vector.text('json'));
  // the JDK's and Node's deflate choose differently, so it is what is in the stream that agrees
  const again = protocol.encodeRegisterBrokerBody(body, true);
  assert.deepEqual(inflateSync(again), inflateSync(vector.bytes('hex')));
  assert.throws(() => protocol.decodeRegisterBrokerBody(Buffer.from('nope'), true), ProtocolError);
});

test('any bytes give a body or a ProtocolError', () => {
  const codecs = [...new Set([...REQUEST_BODIES.values(), ...RESPONSE_BODIES.values()])].map((name) => ({
    name,
    ...codecOf(name),
  }));
  const texts = javaVectors('body').map((vector) => vector.text('compact'));
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '1',
    'null',
    '"x"',
    '{}',
    '-',
    '.5',
    'true',
  );
  const edited = fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(6), piece)
    .map(([text, at, count, insert]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + insert + text.slice(start + count);
    });
  fc.assert(
    fc.property(fc.constantFrom(...codecs), edited, (codec, text) => {
      try {
        codec.decode(Buffer.from(text));
      } catch (error) {
        assert(error instanceof ProtocolError, `${codec.name}: ${String(error)}`);
      }
    }),
    { numRuns: 5000 },
  );
  const compressed = javaVectors('registerCompressed')[0]?.bytes('hex') ?? Buffer.alloc(0);
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(compressed);
      bytes[at % bytes.length] = byte;
      try {
        protocol.decodeRegisterBrokerBody(bytes, true);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('the table of topics is written as its members are', () => {
  const topic = fc.record({
    topicName: fc.string({ unit: 'grapheme' }),
    readQueueNums: fc.nat(),
    writeQueueNums: fc.nat(),
    perm: fc.nat(15),
    topicFilterType: fc.constantFrom('SINGLE_TAG' as const, 'MULTI_TAG' as const),
    topicSysFlag: fc.nat(),
    order: fc.boolean(),
  });
  const property = fc.property(fc.array(topic), fc.boolean(), (topics, pretty) => {
    const topicConfigTable = new Map(topics.map((config) => [config.topicName, config]));
    const wrapper = { dataVersion: { counter: 1, timestamp: 2 }, topicConfigTable };
    const text = protocol.encodeTopicConfigSerializeWrapper(wrapper, { pretty }).toString();
    assert.equal(text, protocol.stringifyFastjson(wrapper, { pretty }));
  });
  fc.assert(property);
});
