/**
 * Bad frames against our running broker and name server: each gets an error answer or a closed connection, the
 * process lives on, other connections work as before, memory stays bounded, nothing is written outside the store.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startOurBroker, startOurNamesrv } from '../interop/harness/ours.ts';
import { sleep } from '../interop/harness/pair.ts';
import { RawClient } from '../interop/harness/raw-client.ts';
import { readTopic } from '../interop/harness/read-topic.ts';
import type { Server } from '../interop/harness/server.ts';
import {
  anyCode,
  type BadFrame,
  badBrokerRequests,
  brokenFrames,
  randomFrame,
  send,
} from './bad-frame-corpus.ts';

const ANSWER_TIMEOUT_MS = 60_000;
const NOTHING_MS = 300;
const RSS_BOUND_BYTES = 600 * 1024 * 1024;

let namesrv: Server;
let broker: Server;
let bystander: RawClient;
let bystanderSends = 0;

before(async () => {
  namesrv = await startOurNamesrv();
  broker = await startOurBroker({ namesrvAddr: namesrv.address });
  bystander = await RawClient.connect(broker.address);
});

after(async () => {
  bystander?.close();
  await broker?.program.kill();
  await namesrv?.program.kill();
});

for (const bad of brokenFrames()) {
  test(`broker: ${bad.name}`, () => assertOutcome(broker, bad));
  test(`name server: ${bad.name}`, () => assertOutcome(namesrv, bad));
}
for (const bad of badBrokerRequests()) test(`broker: ${bad.name}`, () => assertOutcome(broker, bad));

test('2,000 random frames', async () => {
  const random = seeded(20261123);
  for (let i = 0; i < 100; i++)
    await Promise.all(Array.from({ length: 20 }, () => assertOutcome(broker, randomFrame(random))));
});

test('frames in pieces and good frames behind bad ones of the same connection', async () => {
  const client = await RawClient.connect(broker.address);
  const bytes = brokenFrames().find(({ name }) => name === 'unknown code 9999')!.bytes;
  for (const byte of bytes) {
    client.socket.write(Buffer.of(byte));
    await sleep(0);
  }
  const answered = await client.request(30, { topic: 'BadFrames', queueId: 0 });
  assert.equal(typeof answered.code, 'number');
  client.close();
});

test('many connections that each begin a large frame: memory is bounded', { timeout: 600_000 }, async () => {
  const part = Buffer.alloc(8 * 1024 * 1024);
  part.writeInt32BE(15 * 1024 * 1024, 0);
  const sockets = Array.from({ length: 60 }, () => connect(broker.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => {}); // cut off: that is what bounds it
    socket.write(part);
  }
  let highest = 0;
  for (let i = 0; i < 30; i++) {
    await sleep(100);
    await bystanderSend();
    highest = Math.max(highest, rssBytes(broker.program.pid));
  }
  for (const socket of sockets) socket.destroy();
  assert.ok(highest < RSS_BOUND_BYTES, `${highest >> 20} MiB resident`);
});

test('afterwards: the same process, all messages of the bystander, nothing outside the store', async () => {
  assert.equal(broker.program.exit, undefined);
  assert.equal(namesrv.program.exit, undefined);
  await bystanderSend();
  const stored = (await readTopic(broker.address, 'Bystander', 1)).map((record) => record.body.toString());
  assert.deepEqual(
    stored,
    Array.from({ length: bystanderSends }, (_, i) => `good ${i}`),
  );
  const rss = rssBytes(broker.program.pid);
  assert.ok(rss < RSS_BOUND_BYTES, `${rss >> 20} MiB resident`);
  const strange = readdirSync(broker.folder, { recursive: true }).filter((name) =>
    String(name).includes('escape'),
  );
  assert.deepEqual(strange, []);
  assert.ok(!readdirSync(`${broker.folder}/..`).includes('escape'));
});

async function assertOutcome(server: Server, bad: BadFrame): Promise<void> {
  const outcome = await outcomeOf(server, bad);
  const answer = typeof outcome === 'number';
  if (bad.outcome === 'nothing') assert.equal(outcome, 'nothing');
  else if (bad.outcome === 'close') assert.equal(outcome, 'close');
  else assert.ok(answer || (bad.outcome === 'answer or close' && outcome === 'close'), `${outcome}`);
  if (answer && bad.code === undefined) assert.notEqual(outcome, 0, 'answered with success');
  if (answer && bad.code !== undefined && bad.code !== anyCode) assert.equal(outcome, bad.code);
  assert.equal(server.program.exit, undefined, server.program.errorLines.join('\n'));
  if (server === broker) await bystanderSend();
}

/** Sends on a connection that was open all the time. */
async function bystanderSend(): Promise<void> {
  const body = Buffer.from(`good ${bystanderSends++}`);
  const header = send({ b: 'Bystander' });
  const response = await bystander.request(310, header, body);
  assert.equal(response.code, 0, response.remark);
}

/** The response code, 'close', or 'nothing' with a connection that still works. */
function outcomeOf(server: Server, bad: BadFrame): Promise<number | 'close' | 'nothing'> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const done = (result: number | 'close' | 'nothing' | Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const waitMs = bad.outcome === 'nothing' ? NOTHING_MS : ANSWER_TIMEOUT_MS;
    const timer = setTimeout(() => {
      if (bad.outcome !== 'nothing') done(new Error(`neither an answer nor a close within ${waitMs} ms`));
      else done(received.length === 0 ? 'nothing' : new Error(`an answer: ${received.toString('latin1')}`));
    }, waitMs);
    socket.on('error', () => done('close'));
    socket.on('close', () => done('close'));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      done(responseCode(received));
    });
    socket.on('connect', () => socket.write(bad.bytes));
  });
}

function responseCode(frame: Buffer): number {
  const mark = frame.readInt32BE(4);
  if (mark >>> 24 === 1) return frame.readInt16BE(8);
  const header = JSON.parse(frame.toString('utf8', 8, 8 + (mark & 0xffffff)));
  assert.equal(header.flag & 1, 1, 'an answer has the flag of answers');
  return header.code;
}

function rssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}
