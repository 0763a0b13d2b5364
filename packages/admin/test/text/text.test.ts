import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactTime, dateTime, dateTimeMillis, parseTimestamp } from '../../src/text/date-text.ts';
import { inHashMapOrder, mapText, messageText } from '../../src/text/java-text.ts';
import { front, printf } from '../../src/text/printf.ts';

test('printf pads and cuts as Java does', () => {
  assert.equal(
    printf('%-6s|%4d|%04d|%9.2f|%s%%%n', 'ab', 7, 42, 1.005, null),
    'ab    |   7|0042|     1.00|null%\n',
  );
  assert.equal(printf('%3s', 'longer'), 'longer');
  assert.equal(front('abcdef', 3), 'abc');
});

test('times in the local zone, there and back', () => {
  const time = new Date(2026, 10, 3, 4, 5, 6, 78).getTime();
  assert.equal(dateTime(time), '2026-11-03 04:05:06');
  assert.equal(dateTimeMillis(time), '2026-11-03 04:05:06,078');
  assert.equal(compactTime(time), '20261103040506078');
  assert.equal(parseTimestamp('2026-11-03#04:05:06:078'), time);
  assert.equal(parseTimestamp('-1'), -1);
});

/** As the official tools printed them. */
test("properties come in the order of Java's HashMap", () => {
  const properties = ['KEYS', 'TAGS', 'UNIQ_KEY', 'WAIT', 'MIN_OFFSET', 'MAX_OFFSET'];
  const expected = ['MIN_OFFSET', 'MAX_OFFSET', 'KEYS', 'UNIQ_KEY', 'WAIT', 'TAGS'];
  assert.deepEqual(inHashMapOrder(properties), expected);
  assert.equal(
    mapText(
      new Map([
        ['WAIT', 'true'],
        ['KEYS', 'k'],
      ]),
    ),
    '{KEYS=k, WAIT=true}',
  );
});

test('a message is printed with its bytes, signed', () => {
  const text = messageText({
    topic: 'T',
    flag: 1,
    properties: new Map([['TAGS', 'A']]),
    body: Buffer.from([104, 200]),
    queueId: 2,
    storeSize: 3,
    queueOffset: 4,
    sysFlag: 0,
    bornTimestamp: 5,
    bornHost: '10.0.0.1:6',
    storeTimestamp: 7,
    storeHost: '10.0.0.2:8',
    msgId: 'unique',
    offsetMsgId: 'offset',
    commitLogOffset: 9,
    bodyCRC: 10,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
  });
  assert.equal(
    text,
    'MessageExt [queueId=2, storeSize=3, queueOffset=4, sysFlag=0, bornTimestamp=5, bornHost=/10.0.0.1:6, ' +
      'storeTimestamp=7, storeHost=/10.0.0.2:8, msgId=offset, commitLogOffset=9, bodyCRC=10, reconsumeTimes=0, ' +
      "preparedTransactionOffset=0, toString()=Message{topic='T', flag=1, properties={TAGS=A}, body=[104, -56], " +
      "transactionId='null'}]",
  );
});
