/**
 * Cost of scanning captured headers, in ns per header: `node packages/protocol/bench/header-view.mjs` after a build.
 *
 * "fields" reads every field a broker needs from the view as well; "general" is the way over JSON.parse for comparison.
 */
import { readFileSync } from 'node:fs';
import { HeaderKey, HeaderView } from '../dist/src/index.js';

const fixture = new URL('../test/fixtures/frames-4.4.0.jsonl', import.meta.url);
const frames = readFileSync(fixture, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

function headersOf(code, serialize = 0) {
  return frames
    .filter((f) => f.side === 'request' && f.code === code && (f.serialize ?? 0) === serialize)
    .map((f) => {
      const frame = Buffer.from(f.frame, 'hex');
      return { buffer: frame, start: 8, end: 8 + (frame.readInt32BE(4) & 0xffffff) };
    });
}

const view = new HeaderView();
let sink = 0;

const SEND_LETTERS = [...'abcdefghijklm'].map((letter) => letter.charCodeAt(0));
function readSend() {
  for (let i = 0; i < SEND_LETTERS.length; i++) {
    const letter = SEND_LETTERS[i];
    const at = view.findLetter(letter);
    if (at < 0) continue;
    // d e f g h j are numbers
    if (letter === 0x67) sink += view.long(at);
    else if (letter >= 0x64 && letter <= 0x6a && letter !== 0x69) sink += view.int(at);
    else sink += view.valueEnd[at];
  }
}

const KEYS = Object.fromEntries(
  'consumerGroup topic queueId queueOffset maxMsgNums sysFlag commitOffset suspendTimeoutMillis subscription subVersion expressionType'
    .split(' ')
    .map((name) => [name, new HeaderKey(name)]),
);
function readPull() {
  sink += view.valueEnd[view.find(KEYS.consumerGroup)] + view.valueEnd[view.find(KEYS.topic)];
  sink += view.int(view.find(KEYS.queueId)) + view.long(view.find(KEYS.queueOffset));
  sink += view.int(view.find(KEYS.maxMsgNums)) + view.int(view.find(KEYS.sysFlag));
  sink += view.long(view.find(KEYS.commitOffset)) + view.long(view.find(KEYS.suspendTimeoutMillis));
  sink +=
    view.find(KEYS.subscription) + view.long(view.find(KEYS.subVersion)) + view.find(KEYS.expressionType);
}

function measure(name, headers, run) {
  const rounds = 200_000;
  const bytes = headers.reduce((sum, h) => sum + h.end - h.start, 0) / headers.length;
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 7; repeat++) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) run(headers[i % headers.length]);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / rounds);
  }
  console.log(`${name.padEnd(34)} ${bytes.toFixed(0).padStart(4)} bytes ${best.toFixed(0).padStart(6)} ns`);
}

const scan = (type) => (h) => view.scan(h.buffer, h.start, h.end, type);
const parse = (h) => {
  sink += JSON.parse(h.buffer.toString('utf8', h.start, h.end)).code;
};
for (const [name, code, read] of [
  ['SEND_MESSAGE_V2 (310)', 310, readSend],
  ['PULL_MESSAGE (11)', 11, readPull],
]) {
  const headers = headersOf(code);
  measure(`${name} scan`, headers, scan(0));
  measure(`${name} scan + fields`, headers, (h) => {
    scan(0)(h);
    read();
  });
  measure(`${name} JSON.parse`, headers, parse);
}
measure('SEND_MESSAGE_V2 (310) binary scan', headersOf(310, 1), scan(1));
if (sink === 42) console.log('');
