import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as protocol from '../../src/index.ts';
import { decodeCommand, ExtReader, ProtocolError, RequestCode } from '../../src/index.ts';
import { capturedFrames } from '../fixtures.ts';

type Parse = (ext: ReadonlyMap<string, string>, code?: number) => unknown;
type Encode = (header: unknown) => Map<string, string>;

function headerOf(name: string): { parse: Parse; encode: Encode } {
  const exports = protocol as unknown as Record<string, unknown>;
  const parse = exports[`parse${name}`];
  const encode = exports[`encode${name}`];
  assert(typeof parse === 'function' && typeof encode === 'function', `no header ${name}`);
  return { parse: parse as Parse, encode: encode as Encode };
}

const REQUEST_HEADERS = new Map<number, string>([
  [11, 'PullMessageRequestHeader'],
  [12, 'QueryMessageRequestHeader'],
  [14, 'QueryConsumerOffsetRequestHeader'],
  [15, 'UpdateConsumerOffsetRequestHeader'],
  [17, 'CreateTopicRequestHeader'],
  [29, 'SearchOffsetRequestHeader'],
  [30, 'GetMaxOffsetRequestHeader'],
  [31, 'GetMinOffsetRequestHeader'],
  [35, 'UnregisterClientRequestHeader'],
  [36, 'ConsumerSendMsgBackRequestHeader'],
  [37, 'EndTransactionRequestHeader'],
  [38, 'GetConsumerListByGroupRequestHeader'],
  [39, 'CheckTransactionStateRequestHeader'],
  [40, 'NotifyConsumerIdsChangedRequestHeader'],
  [100, 'PutKVConfigRequestHeader'],
  [101, 'GetKVConfigRequestHeader'],
  [102, 'DeleteKVConfigRequestHeader'],
  [103, 'RegisterBrokerRequestHeader'],
  [104, 'UnRegisterBrokerRequestHeader'],
  [105, 'GetRouteInfoRequestHeader'],
  [202, 'GetTopicStatsInfoRequestHeader'],
  [203, 'GetConsumerConnectionListRequestHeader'],
  [204, 'GetProducerConnectionListRequestHeader'],
  [205, 'WipeWritePermOfBrokerRequestHeader'],
  [207, 'DeleteSubscriptionGroupRequestHeader'],
  [208, 'GetConsumeStatsRequestHeader'],
  [215, 'DeleteTopicRequestHeader'],
  [216, 'DeleteTopicInNamesrvRequestHeader'],
  [220, 'ResetOffsetRequestHeader'],
  [222, 'ResetOffsetRequestHeader'],
  [300, 'QueryTopicConsumeByWhoRequestHeader'],
  [307, 'GetConsumerRunningInfoRequestHeader'],
  [315, 'ViewBrokerStatsDataRequestHeader'],
  [317, 'GetConsumeStatsInBrokerRequestHeader'],
  [321, 'QueryConsumeQueueRequestHeader'],
]);

/** Codes whose captured requests have no header of their own. */
const WITHOUT_HEADER = new Set([
  21, 25, 26, 28, 34, 41, 42, 43, 45, 46, 106, 200, 201, 206, 306, 316, 318, 319,
]);

/** Added to any request by the ACL hook, and the one free field of QUERY_MESSAGE. */
const FREE_FIELDS = new Set(['AccessKey', 'Signature', '_UNIQUE_KEY_QUERY']);

test('captured request headers parse and encode to the same fields', () => {
  for (const { code, side, frame, serialize } of capturedFrames) {
    if (side !== 'request') continue;
    const fields = [...decodeCommand(frame).ext].filter(([key]) => !FREE_FIELDS.has(key));
    if (code === RequestCode.SEND_MESSAGE_V2 || code === RequestCode.SEND_BATCH_MESSAGE) {
      const header = protocol.parseSendMessageRequestHeader(new Map(fields), code);
      assert.deepEqual([...protocol.encodeSendMessageRequestHeaderV2(header)].sort(), fields.sort());
      continue;
    }
    const name = REQUEST_HEADERS.get(code);
    if (name === undefined) {
      assert(WITHOUT_HEADER.has(code), `code ${code} has no header codec`);
      assert.deepEqual(fields, []);
      continue;
    }
    const { parse, encode } = headerOf(name);
    assert.deepEqual([...encode(parse(new Map(fields)))].sort(), fields.sort(), `${name} ${serialize}`);
  }
});

test('captured response headers parse and encode to the same fields', () => {
  const names = new Map<number, string>([
    [11, 'PullMessageResponseHeader'],
    [12, 'QueryMessageResponseHeader'],
    [14, 'OffsetResponseHeader'],
    [29, 'OffsetResponseHeader'],
    [30, 'OffsetResponseHeader'],
    [31, 'OffsetResponseHeader'],
    [26, 'GetBrokerConfigResponseHeader'],
    [101, 'GetKVConfigResponseHeader'],
    [103, 'RegisterBrokerResponseHeader'],
    [205, 'WipeWritePermOfBrokerResponseHeader'],
    [310, 'SendMessageResponseHeader'],
    [320, 'SendMessageResponseHeader'],
  ]);
  const free = new Set(['MSG_REGION', 'TRACE_ON']);
  for (const { code, side, frame } of capturedFrames) {
    if (side !== 'response') continue;
    const fields = [...decodeCommand(frame).ext].filter(([key]) => !free.has(key));
    if (fields.length === 0) continue;
    const name = names.get(code);
    assert(name, `answer to ${code} has no header codec: ${fields.join()}`);
    const { parse, encode } = headerOf(name);
    assert.deepEqual([...encode(parse(new Map(fields)))].sort(), fields.sort(), name);
  }
});

test('every declared header names what is missing', () => {
  const names = Object.keys(protocol).filter((name) => /^parse\w+(Request|Response)Header$/.test(name));
  assert(names.length >= 55, `${names.length} headers`);
  const allOptional = new Set(['parseGetKVConfigResponseHeader', 'parseRegisterBrokerResponseHeader']);
  for (const name of names) {
    const parse = (protocol as unknown as Record<string, Parse>)[name] as Parse;
    if (allOptional.has(name)) assert.deepEqual(parse(new Map()), {});
    else
      assert.throws(
        () => parse(new Map()),
        /\([0-9]+\): header field "\w+" is missing; send it in extFields/,
      );
  }
});

test('a send header, long and short names', () => {
  const header: protocol.SendMessageRequestHeader = {
    producerGroup: 'PG',
    topic: 'T',
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: 4,
    queueId: -1,
    sysFlag: 0,
    bornTimestamp: 1795383917503,
    flag: 7,
    properties: 'k\x01v\x02',
    unitMode: true,
    batch: false,
  };
  const long = protocol.encodeSendMessageRequestHeader(header);
  assert.equal(long.get('producerGroup'), 'PG');
  assert.equal(long.has('reconsumeTimes'), false);
  assert.deepEqual(protocol.parseSendMessageRequestHeader(long), header);
  const short = protocol.encodeSendMessageRequestHeaderV2(header);
  assert.equal([...short.keys()].sort().join(''), 'abcdefghikm');
  assert.deepEqual(protocol.parseSendMessageRequestHeader(short, 310), header);
  short.delete('b');
  assert.throws(
    () => protocol.parseSendMessageRequestHeader(short, 320),
    /SEND_BATCH_MESSAGE \(320\): header field "b" is missing/,
  );
});

test('ExtReader parses as Java does and names the field', () => {
  const reader = new ExtReader(
    30,
    new Map([
      ['i', '+12'],
      ['big', '2147483648'],
      ['max', '9223372036854775807'],
      ['min', '-9223372036854775808'],
      ['b', 'TRUE'],
      ['n', 'no'],
      ['x', '1x'],
      ['over', '9223372036854775808'],
    ]),
  );
  assert.equal(reader.int('i'), 12);
  assert.equal(reader.long('big'), 2147483648);
  assert.throws(
    () => reader.int('big'),
    /GET_MAX_OFFSET \(30\): header field "big" must be a 32-bit integer/,
  );
  assert.equal(reader.longClamped('max'), Number.MAX_SAFE_INTEGER);
  assert.equal(reader.longClamped('min'), Number.MIN_SAFE_INTEGER);
  assert.throws(() => reader.long('max'), /must be an integer between/);
  assert.throws(() => reader.longClamped('over'), /must be a 64-bit integer/);
  assert.throws(() => reader.optionalInt('x'), /must be a 32-bit integer, found "1x"/);
  assert.equal(reader.boolean('b'), true);
  assert.equal(reader.boolean('n'), false);
  assert.equal(reader.optionalString('none'), undefined);
  assert.equal(reader.optionalLong('none'), undefined);
  assert.throws(
    () => reader.string('topic'),
    (error) =>
      error instanceof ProtocolError &&
      error.code === 'HEADER_FIELD_MISSING' &&
      error.retriable === false &&
      error.message.startsWith('GET_MAX_OFFSET (30): header field "topic" is missing'),
  );
});
