/** Traces are read as they were written, and whatever else stands beside them is left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTraceData } from '@rocketmq-ts/client';
import fc from 'fast-check';
import {
  contextCodes,
  encodePub,
  encodeSubAfter,
  encodeSubBefore,
  messageTypes,
} from '../../src/trace/trace-encoder.ts';

const field = fc.stringMatching(/^[a-zA-Z0-9 ,:._%-]{1,40}$/).filter((text) => text !== 'null');
const maybe = fc.option(field, { nil: undefined });
const count = fc.nat();

test('what was encoded comes back', () => {
  const pub = fc.record({
    timeStamp: count,
    regionId: field,
    groupName: field,
    topic: field,
    msgId: field,
    tags: maybe,
    keys: maybe,
    storeHost: field,
    bodyLength: count,
    costTime: count,
    msgType: fc.constantFrom(...messageTypes),
    offsetMsgId: field,
    success: fc.boolean(),
  });
  const before = fc.record({
    timeStamp: count,
    regionId: maybe,
    groupName: field,
    requestId: field,
    msgId: field,
    retryTimes: count,
    keys: maybe,
  });
  const after = fc.record({
    requestId: field,
    msgId: field,
    costTime: count,
    success: fc.boolean(),
    keys: maybe,
    contextCode: fc.constantFrom(...contextCodes),
  });
  fc.assert(
    fc.property(pub, before, after, (p, b, a) => {
      const text = encodePub(p) + encodeSubBefore(b) + encodeSubAfter(a);
      assert.deepEqual(decodeTraceData(text), [
        { type: 'Pub', ...p },
        { type: 'SubBefore', ...b },
        { type: 'SubAfter', ...a },
      ]);
      assert.deepEqual(decodeTraceData(Buffer.from(text)), decodeTraceData(text));
    }),
  );
});

test('other releases: fewer fields, more fields, other kinds; and what is no trace', () => {
  const line = (...fields: (string | number)[]) => `${fields.join('\x01')}\x02`;
  const old = line('Pub', 5, 'R', 'G', 'T', 'id', 'tag', 'null', 'h:1', 3, 2, 0, 'true');
  const later = line('SubAfter', 'r', 'id', 7, 'false', 'k', 4, 1234567, 'G');
  const short = line('SubAfter', 'r', 'id', 7, 'true', 'k');
  const other = line('EndTransaction', 5, 'R');
  const traces = decodeTraceData(`${old}${other}nonsense${later}\x02${line('Pub', 1, 2)}${short}`);
  // The nonsense is the beginning of the line after it.
  assert.deepEqual(
    traces.map((trace) => [trace.type, trace.msgId]),
    [
      ['Pub', 'id'],
      ['SubAfter', 'id'],
    ],
  );
  const [pub, after] = traces;
  assert.ok(pub?.type === 'Pub' && after?.type === 'SubAfter');
  assert.deepEqual([pub.offsetMsgId, pub.success, pub.keys], [undefined, true, undefined]);
  assert.equal(after.contextCode, 'SUCCESS');
  assert.deepEqual(decodeTraceData(later)[0], {
    type: 'SubAfter',
    requestId: 'r',
    msgId: 'id',
    costTime: 7,
    success: false,
    keys: 'k',
    contextCode: 'FAILED',
  });
  assert.deepEqual(decodeTraceData(''), []);
});
