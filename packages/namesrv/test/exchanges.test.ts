/** The name server answers as the official one did: every recorded exchange, one after the other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type FastjsonValue, parseFastjson, type RemotingCommand } from '@rocketmq-ts/protocol';
import { type RecordedRequest, Scene } from './support/scene.ts';

/** Tests run from dist/test. */
const FIXTURES = new URL('../../test/fixtures/', import.meta.url);

function lines<T>(file: string): T[] {
  const text = readFileSync(new URL(file, FIXTURES), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** Java keeps names in hash order: collections are compared without their order. */
function canonical(value: FastjsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${String(key)}:${canonical(item)}`);
    return `{${entries.sort().join()}}`;
  }
  return JSON.stringify(value);
}

function canonicalBody(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  return body.startsWith('{') ? canonical(parseFastjson(body)) : body;
}

/** Answers with any registered broker's address: the official one takes the first in hash order. */
const ANY_ADDRESS = /brokerAddr:"127\.0\.0\.1:\d+",?/;

test('every recorded exchange with the official name server', async () => {
  interface Exchange {
    request: RecordedRequest;
    response?: { code: number; remark?: string; ext: Record<string, string>; body?: string };
  }
  const scene = await Scene.start();
  const client = scene.client();
  const exchanges = lines<Exchange>('exchanges-4.4.0.jsonl');
  assert.ok(exchanges.length >= 70);
  for (const [index, { request, response }] of exchanges.entries()) {
    const answer = await scene.send(client, request);
    const what = `exchange ${index}, code ${request.code} ${JSON.stringify(request.ext)}`;
    if (response === undefined) {
      assert.equal(answer, undefined, what);
      continue;
    }
    assert.equal(answer!.code, response.code, what);
    assert.equal(answer!.remark, response.remark, what);
    assert.deepEqual(Object.fromEntries(answer!.ext), response.ext, what);
    const [ours, theirs] = [answer!.body?.toString(), response.body].map(canonicalBody);
    if (request.code !== 304) assert.equal(ours, theirs, what);
    else assert.equal(ours?.replace(ANY_ADDRESS, ''), theirs?.replace(ANY_ADDRESS, ''), what);
  }
});

interface CapturedFrame {
  code: number;
  request: { header: string; body?: string };
  response?: { header: string; body?: string };
}

/** The captures were taken behind a recorder that moved the ports. */
function movePorts(text: string): string {
  return text.replace(
    /127\.0\.0\.1:(1[12]91[12])/g,
    (_all, port: string) => `127.0.0.1:${Number(port) + 10_000}`,
  );
}

function recorded(frame: CapturedFrame): RecordedRequest {
  const header = JSON.parse(movePorts(frame.request.header));
  return {
    code: header.code,
    version: header.version,
    ext: header.extFields ?? {},
    oneway: (header.flag & 2) !== 0,
    ...(frame.request.body !== undefined && { bodyHex: Buffer.from(frame.request.body).toString('hex') }),
  };
}

test('frames captured between official programs', async () => {
  const scene = await Scene.start();
  const client = scene.client();
  const frames = lines<CapturedFrame>('frames-4.4.0.jsonl');
  const of = (code: number): CapturedFrame[] => frames.filter((frame) => frame.code === code);
  const check = async (frame: CapturedFrame): Promise<RemotingCommand | undefined> => {
    const answer = await scene.send(client, recorded(frame));
    if (frame.response === undefined) {
      assert.equal(answer, undefined);
      return undefined;
    }
    const header = JSON.parse(frame.response.header);
    const what = frame.request.header;
    assert.equal(answer!.code, header.code, what);
    assert.equal(answer!.remark, header.remark, what);
    assert.equal(answer!.flag, 1);
    assert.equal(answer!.version, 293);
    if (frame.code !== 205) assert.deepEqual(Object.fromEntries(answer!.ext), header.extFields ?? {}, what);
    return answer;
  };
  const unknown = of(105).filter((frame) => frame.response!.header.includes('"code":17'));
  for (const frame of unknown) await check(frame);
  // The first master, its slave, then what the master registered later, one-way too.
  const registrations = of(103);
  await check(registrations[0]!);
  await check(registrations[1]!);
  for (const frame of registrations.slice(2)) await check(frame);
  for (const frame of [...of(105).filter((each) => !unknown.includes(each)), ...of(106)]) {
    const answer = await check(frame);
    assert.equal(
      answer!.body!.toString(),
      frame.response!.body,
      'bytes as the official name server sent them',
    );
  }
  const topics = (await check(of(206)[0]!))!;
  assert.match(topics.body!.toString(), /^\{"topicList":\[.*"TBW102".*\]\}$/);
  for (const code of [104, 216, 318]) for (const frame of of(code)) await check(frame);
  const wiped = await check(of(205)[0]!);
  assert.ok(Number(wiped!.ext.get('wipeTopicCount')) > 5);
  const config = (await check(of(319)[0]!))!.body!.toString();
  const keys = (text: string): string[] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]!);
  for (const key of keys(of(319)[0]!.response!.body!)) {
    if (key !== 'rocketmqHome') assert.ok(keys(config).includes(key), `${key} is missing`);
  }
  const [putOrder, putOther, putAgain] = of(100);
  const [absent, present] = of(101);
  await check(absent!);
  for (const frame of [putOrder!, putOther!, putAgain!, present!, ...of(102)]) await check(frame);
});
