/** What templates write means what the general encoder writes, and stands in the order Java writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '@rocketmq-ts/platform/sim';
import {
  decodeCommand,
  decodeProperties,
  encodeCommand,
  encodeProperties,
  encodeSendMessageRequestHeaderV2,
  FLAG_ONEWAY,
  LanguageCode,
  RequestCode,
  SerializeType,
  UniqueIdGenerator,
} from '@rocketmq-ts/protocol';
import { OutputBuffer } from '@rocketmq-ts/remoting';
import fc from 'fast-check';
import {
  type PreparedMessage,
  prepareBatch,
  prepareMessage,
  prepareRaw,
} from '../../src/producer/prepared-message.ts';
import { resolveProducerOptions } from '../../src/producer/producer-options.ts';
import { SendTemplate } from '../../src/producer/send-template.ts';

const settings = resolveProducerOptions({ producerGroup: 'PG' });
const ids = new UniqueIdGenerator({
  clock: { now: () => 1_700_000_000_000 },
  random: new SimRandom(1),
  pid: 1,
});
const target = {
  producerGroup: 'PG',
  topic: 'TopicTest',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  queueId: 3,
  unitMode: false,
};
const bornTimestamp = 1_795_383_917_502;

/** Everything the template appends, spans included. */
function written(message: PreparedMessage, opaque = 7): Buffer {
  const pieces: Buffer[] = [];
  const output = new OutputBuffer({ outputPending() {} });
  new SendTemplate(target).write(output, opaque, message, bornTimestamp);
  output.flushTo({
    remoteAddress: '',
    remotePort: 0,
    localAddress: '',
    localPort: 0,
    bufferedBytes: 0,
    setHandler() {},
    write(chunks) {
      for (const chunk of chunks) pieces.push(Buffer.from(chunk));
      return true;
    },
    pause() {},
    resume() {},
    end() {},
    destroy() {},
  });
  return Buffer.concat(pieces);
}

/** The same message by way of the general encoder. */
function general(message: PreparedMessage, properties: ReadonlyMap<string, string>, opaque = 7): Buffer {
  return encodeCommand({
    code: message.batch ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2,
    language: LanguageCode.OTHER,
    version: 293,
    opaque,
    flag: 0,
    remark: undefined,
    ext: encodeSendMessageRequestHeaderV2({
      ...target,
      sysFlag: message.sysFlag,
      bornTimestamp,
      flag: message.flag,
      properties: encodeProperties(properties),
      reconsumeTimes: message.reconsumeTimes,
      maxReconsumeTimes: message.maxReconsumeTimes,
      batch: message.batch,
    }),
    body: Buffer.from(message.body),
    serializeType: SerializeType.JSON,
  });
}

function assertSame(message: PreparedMessage, properties: ReadonlyMap<string, string>): void {
  const found = decodeCommand(written(message));
  const expected = decodeCommand(general(message, properties));
  const list = found.ext.get('i') ?? '';
  assert.deepEqual(decodeProperties(list), new Map(properties));
  found.ext.delete('i');
  expected.ext.delete('i');
  assert.deepEqual(new Map([...found.ext].sort()), new Map([...expected.ext].sort()));
  assert.deepEqual({ ...found, ext: null }, { ...expected, ext: null });
}

const noSeparators = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter(
    (text) =>
      text.trim() !== '' &&
      !text.includes('\x01') &&
      !text.includes('\x02') &&
      text === Buffer.from(text).toString(),
  );

test('a message by template and by the general encoder are the same', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 6000 }),
        fc.string({ minLength: 1, maxLength: 3000 }),
      ),
      fc.option(noSeparators, { nil: undefined }),
      fc.option(fc.array(noSeparators, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      fc.dictionary(
        noSeparators.map((name) => `u${name}`),
        noSeparators,
        { maxKeys: 4 },
      ),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.option(fc.integer({ min: 1, max: 18 }), { nil: undefined }),
      fc.boolean(),
      (body, tags, keys, properties, flag, delayTimeLevel, wait) => {
        const source = {
          topic: 'TopicTest',
          body,
          tags,
          keys,
          properties,
          flag,
          delayTimeLevel,
          waitStoreMsgOK: wait,
        };
        const message = prepareMessage(source, settings, ids);
        const expected = new Map([
          ['WAIT', String(wait)],
          ['UNIQ_KEY', message.msgId],
        ]);
        if (tags !== undefined) expected.set('TAGS', tags);
        const joined = keys?.join(' ').trim();
        if (joined) expected.set('KEYS', joined);
        if (delayTimeLevel !== undefined) expected.set('DELAY', String(delayTimeLevel));
        for (const [name, value] of Object.entries(properties)) expected.set(name, value);
        assertSame(message, expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('header members stand in the order in which Java writes them', () => {
  const message = prepareMessage({ topic: 'TopicTest', tags: 'TagA', body: 'x' }, settings, ids);
  const frame = written(message);
  assert.equal(
    frame.toString('utf8', 8, 8 + frame.readInt32BE(4)),
    '{"code":310,"extFields":{"a":"PG","b":"TopicTest","c":"TBW102","d":"4","e":"3","f":"0","g":"1795383917502","h":"0",' +
      `"i":"WAIT\\u0001true\\u0002UNIQ_KEY\\u0001${message.msgId}\\u0002TAGS\\u0001TagA\\u0002","j":"0","k":"false","m":"false"},` +
      '"flag":0,"language":"OTHER","opaque":7,"serializeTypeCurrentRPC":"JSON","version":293}',
  );
});

test('large opaques and bodies sent by reference', () => {
  const body = Buffer.alloc(4095, 'b');
  const message = prepareMessage({ topic: 'TopicTest', body }, settings, ids);
  const command = decodeCommand(written(message, 0x7fffffff));
  assert.equal(command.opaque, 0x7fffffff);
  assert.deepEqual(command.body, body);
  assert.equal(command.flag & FLAG_ONEWAY, 0);
});

test('a body of 4096 bytes is compressed, one of 4095 is not', () => {
  const prepare = (bytes: number): PreparedMessage =>
    prepareMessage({ topic: 'TopicTest', body: Buffer.alloc(bytes) }, settings, ids);
  assert.equal(prepare(4095).sysFlag, 0);
  assert.equal(prepare(4096).sysFlag, 1);
  assert.equal(Buffer.from(prepare(5000).body).toString('hex', 0, 2), '785e');
});

test('a batch carries WAIT alone in its header, and a property list per message', () => {
  const batch = prepareBatch(
    [
      { topic: 'TopicTest', body: 'a', tags: 'A' },
      { topic: 'TopicTest', body: 'b', keys: ['k', 'l'] },
    ],
    settings,
    ids,
  );
  assertSame(batch, new Map([['WAIT', 'true']]));
  assert.equal(batch.msgId.split(',').length, 2);
});

test('a message sent back keeps its properties; its counts travel in the header', () => {
  const properties = new Map([
    ['WAIT', 'false'],
    ['UNIQ_KEY', 'C0000202'],
    ['RETRY_TOPIC', 'TopicTest'],
  ]);
  const raw = { topic: '%RETRY%g', body: Buffer.from('x'), flag: 3, properties, msgId: 'm' };
  const message = prepareRaw({ ...raw, reconsumeTimes: 2, maxReconsumeTimes: 16 }, settings, ids);
  assertSame(message, properties);
  const found = decodeCommand(written(message)).ext;
  assert.deepEqual([found.get('j'), found.get('l'), found.get('h')], ['2', '16', '3']);
});
