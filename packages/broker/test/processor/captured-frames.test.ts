/** Requests of official 4.4.0 programs, byte for byte, and what a 4.4.0 broker answered to them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodeRecord } from '@rocketmq-ts/protocol';
import { BrokerRig } from '../rig/broker-rig.ts';

interface Side {
  readonly header: string;
  readonly body: Buffer;
}

/** A request and what came back, if anything did. */
interface Captured {
  readonly code: number;
  readonly frame: Buffer;
  readonly request: Side;
  readonly response: Side | undefined;
}

interface Line {
  readonly code: number;
  readonly side: 'request' | 'response';
  readonly frame: string;
}

const FIXTURE = join(import.meta.dirname, '../../../../protocol/test/fixtures/frames-4.4.0.jsonl');

function readCaptured(): Captured[] {
  const lines = readFileSync(FIXTURE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return lines.flatMap((line, index) => {
    if (line.side !== 'request') return [];
    const frame = Buffer.from(line.frame, 'hex');
    const next = lines[index + 1];
    const response = next?.side === 'response' ? sideOf(Buffer.from(next.frame, 'hex')) : undefined;
    return [{ code: line.code, frame, request: sideOf(frame), response }];
  });
}

function sideOf(frame: Buffer): Side {
  const bodyStart = 8 + (frame.readInt32BE(4) & 0xffffff);
  return { header: frame.toString('utf8', 8, bodyStart), body: frame.subarray(bodyStart) };
}

const captured = readCaptured();

/** The capturing broker listened on 11911. */
const CAPTURED_HOST = { ip: 0x7f000001, port: 11911 };

interface Answered extends Captured {
  readonly response: Side;
}

function find(code: number, answer: number, holds: string): Answered {
  const found = captured.find(
    (one) =>
      one.code === code &&
      one.response?.header.startsWith(`{"code":${answer},`) &&
      one.request.header.includes(holds),
  );
  assert.ok(found, `no captured frame of code ${code} answered ${answer} with ${holds}`);
  return found as Answered;
}

async function replay(rig: BrokerRig, one: Captured): Promise<Side> {
  const bytes = await rig.exchange(one.frame);
  if (bytes.length === 0) return { header: '', body: bytes };
  assert.equal(bytes.readInt32BE(0), bytes.length - 4);
  return sideOf(bytes);
}

async function start(t: TestContext): Promise<BrokerRig> {
  const rig = await BrokerRig.start({ storeHost: CAPTURED_HOST });
  t.after(() => rig.stop());
  rig.addTopic('InvA');
  return rig;
}

test('a send and a pull: headers are the same bytes, the record differs in times and hosts only', async (t) => {
  const rig = await start(t);
  const send = find(310, 0, '\\u0001k1 RETRY\\u0002UNIQ_KEY');
  assert.equal((await replay(rig, send)).header, send.response.header);
  rig.subscribe('CG1', 'InvA', '*', 1795383918201);
  const pull = find(11, 0, '"queueId":"1"');
  const answer = await replay(rig, pull);
  assert.equal(answer.header, pull.response.header);
  const [ours, theirs] = [answer.body, pull.response.body].map((body) => decodeRecord(body, 0));
  const timeless = { bornHost: '', storeTimestamp: 0 };
  assert.deepEqual({ ...ours, ...timeless }, { ...theirs, ...timeless });
});

test('a batch is answered with the same ids when it lands at the same place', async (t) => {
  const rig = await start(t);
  const batch = find(320, 0, '"e":"2"');
  const first = JSON.parse(batch.response.header).extFields.msgId.split(',')[0] as string;
  const at = Number.parseInt(first.slice(16), 16);
  // Fills the log up to where the captured batch was stored.
  await rig.send('InvA', 'x'.repeat(at - 91 - 'InvA'.length), { e: '0', i: '' });
  assert.equal(rig.store.maxPhysicalOffset, at);
  assert.equal((await replay(rig, batch)).header, batch.response.header);
});

test('one-way sends are stored and not answered', async (t) => {
  const rig = await start(t);
  const oneway = captured.find((one) => one.code === 310 && one.response === undefined);
  assert.deepEqual(await replay(rig, oneway!), { header: '', body: Buffer.alloc(0) });
  assert.equal(rig.store.appended[0]!.properties.get('KEYS'), 'ow');
});

test('pulls that get nothing: the same code and remark', async (t) => {
  const rig = await start(t);
  await rig.send('InvA', 'x', { e: '3', i: 'TAGS\x01Z\x02' });
  rig.subscribe('CG4', 'InvA', '*', 1795383919796);
  const atEnd = find(11, 19, '"consumerGroup":"CG4"');
  // Waits less, with as many digits.
  const frame = Buffer.from(atEnd.frame.toString('latin1').replace('"15000"', '"00500"'), 'latin1');
  const waiting = { ...atEnd, frame };
  assert.equal((await replay(rig, waiting)).header, atEnd.response.header);
  rig.consumers.clear();
  const same = (answer: Side, one: Answered): void => {
    assert.equal(answer.header, one.response.header.replace('"extFields":{},', ''));
  };
  const noGroup = find(11, 24, '"consumerGroup":"CG4"');
  same(await replay(rig, noGroup), noGroup);
  rig.addTopic('%RETRY%CG1');
  rig.subscribe('CG1', '%RETRY%CG1', '*', 1);
  const old = find(11, 25, '%RETRY%CG1');
  same(await replay(rig, old), old);
});

test('look-ups and a message sent back', async (t) => {
  const rig = await start(t);
  for (const [code, holds] of [
    [30, '"queueId":"2"'],
    [31, '"queueId":"2"'],
  ] as const) {
    const one = find(code, 0, holds);
    assert.equal((await replay(rig, one)).header, one.response.header);
  }
  await rig.send('InvA', 'x');
  const back = find(36, 0, '"offset":"0"');
  assert.equal((await replay(rig, back)).header, back.response.header);
});
