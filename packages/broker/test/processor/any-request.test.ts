/** Whatever a header says, the data path answers it, and never with a failure of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestCode } from '@rocketmq-ts/protocol';
import fc from 'fast-check';
import { BrokerRig, pullFields, sendFields } from '../rig/broker-rig.ts';

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1',
    '99',
    '2147483647',
    '-2147483648',
    '2147483648',
    '9223372036854775807',
    '-9223372036854775808',
    '99999999999999999999',
    '1.5',
    'NaN',
    'true',
    'null',
    'T',
    'TBW102',
    '%RETRY%',
    '%RETRY%G',
    '%DLQ%G',
    '__proto__',
    '../../x',
    'SCHEDULE_TOPIC_XXXX',
    'SQL92',
    '||',
    'a || b',
    'DELAY\x01-3\x02',
    'DELAY\x0199999999999\x02',
    'TRAN_MSG\x01true\x02REAL_QID\x01x\x02',
    '\x01\x02\x01\x01\x02\x02',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.string({ minLength: 120, maxLength: 140 }),
);

/** Fields of a request, some of them replaced or left out. */
function mutated(fields: Record<string, string>): fc.Arbitrary<Record<string, string>> {
  const change = fc.tuple(fc.constantFrom(...Object.keys(fields)), fc.option(odd, { nil: undefined }));
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    const result = new Map(Object.entries(fields));
    for (const [name, value] of changes) {
      if (value === undefined) result.delete(name);
      else result.set(name, value);
    }
    return Object.fromEntries(result);
  });
}

const back = {
  offset: '0',
  group: 'G',
  delayLevel: '0',
  originMsgId: 'x',
  originTopic: 'T',
  unitMode: 'false',
  maxReconsumeTimes: '16',
};

/** Waits no longer than the test does. */
function pull(ext: Record<string, string>): { code: number; ext: Record<string, string> } {
  const waits = Number(ext.suspendTimeoutMillis ?? 0) > 15_000;
  return { code: RequestCode.PULL_MESSAGE, ext: waits ? { ...ext, suspendTimeoutMillis: '15000' } : ext };
}

const requests: fc.Arbitrary<{ code: number; ext: Record<string, string> }> = fc.oneof(
  mutated(sendFields('T')).map((ext) => ({ code: RequestCode.SEND_MESSAGE_V2, ext })),
  mutated(sendFields('T', { m: 'true' })).map((ext) => ({ code: RequestCode.SEND_BATCH_MESSAGE, ext })),
  mutated(pullFields('T', 0)).map(pull),
  mutated(pullFields('T', 0, { sysFlag: '5', subscription: 'A' })).map(pull),
  mutated(back).map((ext) => ({ code: RequestCode.CONSUMER_SEND_MSG_BACK, ext })),
  mutated({ topic: 'T', queueId: '1', timestamp: '0', offset: '0' }).chain((ext) =>
    fc
      .constantFrom(
        RequestCode.GET_MAX_OFFSET,
        RequestCode.GET_MIN_OFFSET,
        RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
        RequestCode.GET_EARLIEST_MSG_STORETIME,
        RequestCode.VIEW_MESSAGE_BY_ID,
      )
      .map((code) => ({ code, ext })),
  ),
);

for (const serializeType of [0, 1]) {
  test(`every request is answered, serialize type ${serializeType}`, async (t) => {
    const rig = await BrokerRig.start({ serializeType, config: { enablePropertyFilter: true } });
    t.after(() => rig.stop());
    rig.addTopic('T');
    rig.subscribe('CG1', 'T', 'A');
    await rig.send('T', 'first');
    await fc.assert(
      fc.asyncProperty(requests, fc.uint8Array({ maxLength: 40 }), async ({ code, ext }, body) => {
        const asked = rig.ask(code, ext, Buffer.from(body));
        // Long enough for a pull that waits.
        await rig.clock.advance(16_000);
        const answer = await rig.run(asked);
        assert.doesNotMatch(answer.remark ?? '', /\(\d+\) failed: |undefined|\[object/);
        assert.notEqual(answer.remark ?? 'ok', '');
        if (answer.code !== 0) assert.ok(answer.remark, `code ${answer.code} without a remark`);
      }),
      { numRuns: 600 },
    );
    assert.equal((await rig.send('T', 'last')).code, 0);
  });
}
