/**
 * The same sends, pulls and look-ups to a Java broker and to ours: the same codes, fields and sizes come back, and the same
 * words unless ours says on purpose more (then the case is marked).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, startPair, until } from './harness/pair.ts';
import { RawClient, type RawResponse } from './harness/raw-client.ts';

type Fields = Readonly<Record<string, string>>;

interface Case {
  readonly name: string;
  readonly code: number;
  readonly ext: Fields;
  readonly body?: Buffer;
  /** Ours words its remark otherwise. */
  readonly ownWords?: boolean;
}

const SEND = 310;
const SEND_BATCH = 320;
const PULL = 11;

function send(given: Fields = {}): Fields {
  return {
    a: 'PG1',
    b: 'T',
    c: 'TBW102',
    d: '4',
    e: '1',
    f: '0',
    g: '1795383917503',
    h: '0',
    i: 'UNIQ_KEY\x01C000020231CD1DBD16A670D093BC0000\x02WAIT\x01true\x02TAGS\x01TagA\x02',
    j: '0',
    k: 'false',
    m: 'false',
    ...given,
  };
}

function pull(queueOffset: number, given: Fields = {}): Fields {
  return {
    consumerGroup: 'CG1',
    topic: 'T',
    queueId: '1',
    queueOffset: `${queueOffset}`,
    maxMsgNums: '32',
    sysFlag: '4',
    commitOffset: '0',
    suspendTimeoutMillis: '300',
    subVersion: '1',
    expressionType: 'TAG',
    subscription: '*',
    ...given,
  };
}

function sendBack(given: Fields = {}): Fields {
  return {
    offset: '0',
    group: 'CG2',
    delayLevel: '0',
    originMsgId: 'x',
    originTopic: 'T',
    unitMode: 'false',
    maxReconsumeTimes: '16',
    ...given,
  };
}

/** Batch entry: int32 total, magic 0, crc 0, flag, body length, body, int16 properties length, properties. */
function batch(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const properties = `TAGS\x01${text}\x02`;
      const entry = Buffer.alloc(22 + text.length + properties.length);
      entry.writeInt32BE(entry.length, 0);
      entry.writeInt32BE(text.length, 16);
      entry.write(text, 20);
      entry.writeInt16BE(properties.length, 20 + text.length);
      entry.write(properties, 22 + text.length);
      return entry;
    }),
  );
}

const HEARTBEAT = JSON.stringify({
  clientID: 'c1',
  producerDataSet: [],
  consumerDataSet: [
    {
      groupName: 'CG2',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      unitMode: false,
      subscriptionDataSet: [
        {
          classFilterMode: false,
          codeSet: [2598919],
          expressionType: 'TAG',
          subString: 'TagA',
          subVersion: 100,
          tagsSet: ['TagA'],
          topic: 'T',
        },
      ],
    },
  ],
});

const hello = Buffer.from('hello');
const noSubscription = { sysFlag: '0', consumerGroup: 'CG2', subVersion: '100' };

const WRITES: readonly Case[] = [
  { name: 'a heartbeat', code: 34, ext: {}, body: Buffer.from(HEARTBEAT) },
  { name: 'a send that makes its topic', code: SEND, ext: send(), body: hello },
  { name: 'a send', code: SEND, ext: send(), body: hello },
  { name: 'an empty message', code: SEND, ext: send() },
  { name: 'a reserved topic', code: SEND, ext: send({ b: 'TBW102' }), body: hello },
  { name: 'a queue beyond the topic', code: SEND, ext: send({ e: '99' }), body: hello },
  { name: 'a topic that may not be made', code: SEND, ext: send({ b: 'Nope', c: 'NoDefault' }), body: hello },
  { name: 'a name too long', code: SEND, ext: send({ b: 'x'.repeat(200) }), body: hello, ownWords: true },
  { name: 'a message too large', code: SEND, ext: send(), body: Buffer.alloc(5_000_000), ownWords: true },
  {
    name: 'properties too long',
    code: SEND,
    ext: send({ i: `k\x01${'v'.repeat(33_000)}\x02` }),
    body: hello,
    ownWords: true,
  },
  {
    name: 'a batch',
    code: SEND_BATCH,
    ext: send({ m: 'true', i: 'WAIT\x01true\x02' }),
    body: batch('a', 'b', 'c'),
  },
  { name: 'a batch under code 310', code: SEND, ext: send({ m: 'true' }), body: batch('a') },
  {
    name: 'a batch of retries',
    code: SEND_BATCH,
    ext: send({ b: '%RETRY%CG2', m: 'true', e: '0' }),
    body: batch('a'),
  },
  { name: 'a delayed message', code: SEND, ext: send({ i: 'DELAY\x0118\x02TAGS\x01TagA\x02' }), body: hello },
  { name: 'a retry', code: SEND, ext: send({ b: '%RETRY%CG2', e: '0', j: '1', l: '16' }), body: hello },
  { name: 'a last retry', code: SEND, ext: send({ b: '%RETRY%CG2', e: '0', j: '16', l: '16' }), body: hello },
  {
    name: 'a half message',
    code: SEND,
    ext: send({ f: '4', i: 'TRAN_MSG\x01true\x02PGROUP\x01PG1\x02' }),
    body: hello,
  },
];

const READS: readonly Case[] = [
  { name: 'a pull', code: PULL, ext: pull(0) },
  { name: 'a pull of one', code: PULL, ext: pull(0, { maxMsgNums: '1' }) },
  { name: 'a pull of none', code: PULL, ext: pull(0, { maxMsgNums: '0' }) },
  { name: 'a pull of fewer than none', code: PULL, ext: pull(0, { maxMsgNums: '-5' }) },
  { name: 'a pull at the end', code: PULL, ext: pull(7) },
  { name: 'a pull beyond the end', code: PULL, ext: pull(100) },
  { name: 'a pull before the beginning', code: PULL, ext: pull(-1) },
  { name: 'a pull of an empty queue', code: PULL, ext: pull(0, { queueId: '3' }) },
  { name: 'a pull in the middle of nothing', code: PULL, ext: pull(5, { queueId: '3' }) },
  { name: 'a pull that waits in vain', code: PULL, ext: pull(0, { queueId: '3', sysFlag: '6' }) },
  { name: 'tags that nothing has', code: PULL, ext: pull(0, { subscription: 'Zzz' }) },
  { name: 'two tags', code: PULL, ext: pull(0, { subscription: 'TagA || b' }) },
  { name: 'tags that are none', code: PULL, ext: pull(0, { subscription: '||' }), ownWords: true },
  {
    name: 'SQL92',
    code: PULL,
    ext: pull(0, { subscription: 'a > 1', expressionType: 'SQL92' }),
    ownWords: true,
  },
  { name: 'an unknown topic', code: PULL, ext: pull(0, { topic: 'Nope' }) },
  { name: 'a queue that is not there', code: PULL, ext: pull(0, { queueId: '50' }) },
  { name: 'a group nobody heard of', code: PULL, ext: pull(0, { sysFlag: '0', consumerGroup: 'CG9' }) },
  { name: 'a registered subscription', code: PULL, ext: pull(0, noSubscription) },
  { name: 'a newer subscription', code: PULL, ext: pull(0, { ...noSubscription, subVersion: '101' }) },
  {
    name: 'a topic not subscribed to',
    code: PULL,
    ext: pull(0, { ...noSubscription, topic: 'BenchmarkTest' }),
  },
  { name: 'dead letters', code: PULL, ext: pull(0, { topic: '%DLQ%CG2', queueId: '0' }) },
  { name: 'a pull that commits', code: PULL, ext: pull(0, { sysFlag: '5', commitOffset: '3' }) },
  { name: 'the offset it committed', code: 14, ext: { consumerGroup: 'CG1', topic: 'T', queueId: '1' } },
  ...['0', '1', '9', '-1'].flatMap((queueId): Case[] => [
    { name: `the end of queue ${queueId}`, code: 30, ext: { topic: 'T', queueId } },
    { name: `the beginning of queue ${queueId}`, code: 31, ext: { topic: 'T', queueId } },
    { name: `the first time of queue ${queueId}`, code: 32, ext: { topic: 'T', queueId } },
    {
      name: `the first offset by time of queue ${queueId}`,
      code: 29,
      ext: { topic: 'T', queueId, timestamp: '0' },
    },
    {
      name: `the last offset by time of queue ${queueId}`,
      code: 29,
      ext: { topic: 'T', queueId, timestamp: '9223372036854775807' },
    },
  ]),
  { name: 'a message by its offset', code: 33, ext: { offset: '0' } },
  { name: 'no message there', code: 33, ext: { offset: '999999' } },
  { name: 'a message sent back', code: 36, ext: sendBack() },
  { name: 'a message sent back for good', code: 36, ext: sendBack({ delayLevel: '-1' }) },
];

/** What must be equal: without addresses, and without the time that 32 answers. */
function comparable(response: RawResponse, ownWords: boolean): unknown {
  const ext = { ...response.ext };
  if (ext.msgId !== undefined) ext.msgId = ext.msgId.replaceAll(/[0-9A-F]{16}(?=[0-9A-F]{16})/g, '');
  if (Number(ext.timestamp) > 0) ext.timestamp = 'some time';
  const remark = ownWords ? '' : (response.remark ?? '').replaceAll(/127\.0\.0\.1:\d+/g, 'address');
  return { code: response.code, remark, ext, bodyBytes: response.body.length };
}

test('sends, pulls and look-ups are answered as a Java broker answers', { timeout: 600_000 }, async () => {
  const [java, ours] = await Promise.all([
    startPair(startJavaNamesrv, startJavaBroker),
    startPair(startOurNamesrv, startOurBroker),
  ]);
  try {
    const clients = await Promise.all([java, ours].map(({ broker }) => RawClient.connect(broker.address)));
    const check = async ({ name, code, ext, body, ownWords = false }: Case): Promise<void> => {
      const [expected, actual] = await Promise.all(clients.map((client) => client.request(code, ext, body)));
      assert.deepEqual(comparable(actual!, ownWords), comparable(expected!, ownWords), name);
    };
    for (const one of WRITES) await check(one);
    for (const one of READS) {
      // Java's queues and index are built by threads of their own.
      let difference: unknown;
      const agree = async (): Promise<boolean> => {
        try {
          await check(one);
          return true;
        } catch (error) {
          difference = error;
          return false;
        }
      };
      await until(one.name, 5_000, agree).catch(() => {
        throw difference;
      });
    }
  } finally {
    await Promise.all([killPair(java), killPair(ours)]);
  }
});
