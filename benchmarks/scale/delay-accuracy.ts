/**
 * A million delayed messages pending for an hour; then, while 2,000 ordinary messages a second are sent, 500 a second with a
 * delay of one second: how long after its time is each of these stored for its consumers, and what memory does it all take.
 */
import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { killPair, sleep, startPair, until } from '#interop/pair';
import { readTopic } from '#interop/read-topic';
import { bodyNumber, FrameTemplate, OPAQUE_RANGE } from '../load/frame-template.ts';
import { open } from '../load/open.ts';
import { ResponseReader } from '../load/response-reader.ts';
import { sendAll } from '../load/send-all.ts';
import { memoryMib } from '../process-usage.ts';

const PENDING = 1_000_000;
const SECONDS = 20;
const DELAYED_PER_SECOND = 500;
const ORDINARY_PER_SECOND = 2000;
const DELAY_MS = 1000;
const BODY_BYTES = 128;

export async function delayAccuracy(): Promise<Record<string, number>> {
  const config = { messageDelayLevel: '1s 1h', mapedFileSizeCommitLog: 1024 * 1024 * 1024 };
  const pair = await startPair(startOurNamesrv, startOurBroker, { config });
  const { pid } = pair.broker.program;
  try {
    const emptyMib = memoryMib(pid).resident;
    await sendAll(pair.broker.port, FrameTemplate.send('Pending', 0, BODY_BYTES, 2), PENDING);
    const pendingMib = memoryMib(pid).resident;
    const sentAtMs = await sendAtRate(pair.broker.port);
    await sleep(DELAY_MS + 500);
    await until('all are delivered', 30_000, async () => (await delivered()).length >= sentAtMs.length);
    const records = await delivered();
    const lateMs = records
      .map(
        ({ body, storeTimestampMs }) =>
          storeTimestampMs - (sentAtMs[bodyNumber(body, 0)] as number) - DELAY_MS,
      )
      .sort((a, b) => a - b);
    const at = (part: number) =>
      lateMs[Math.min(lateMs.length - 1, Math.floor(lateMs.length * part))] as number;
    return {
      pending: PENDING,
      delivered: lateMs.length,
      lateMsMin: at(0),
      lateMsP50: at(0.5),
      lateMsP99: at(0.99),
      lateMsMax: at(1),
      emptyMib: Math.round(emptyMib),
      pendingMib: Math.round(pendingMib),
      afterwardsMib: Math.round(memoryMib(pid).resident),
    };
  } finally {
    await killPair(pair);
  }

  function delivered() {
    return readTopic(pair.broker.address, 'Delayed', 1);
  }
}

/** Answers when each delayed message was written to the socket: milliseconds since the epoch, rounded up. */
async function sendAtRate(port: number): Promise<number[]> {
  const socket = await open(port);
  let errors = 0;
  const reader = new ResponseReader((_opaque, ok) => {
    if (!ok) errors++;
  });
  socket.on('data', (chunk: Buffer) => reader.read(chunk));
  const delayed = FrameTemplate.send('Delayed', 0, BODY_BYTES, 1);
  const ordinary = FrameTemplate.send('Ordinary', 0, BODY_BYTES);
  const sentAtMs: number[] = [];
  let ordinarySent = 0;
  const startMs = performance.now();
  const write = (template: FrameTemplate, number: number): void => {
    const output = Buffer.allocUnsafe(template.bytes.length);
    template.write(output, 0, (sentAtMs.length + ordinarySent) % OPAQUE_RANGE, number);
    socket.write(output);
  };
  for (let elapsed = 0; elapsed < SECONDS; elapsed = (performance.now() - startMs) / 1000) {
    while (sentAtMs.length < elapsed * DELAYED_PER_SECOND) {
      write(delayed, sentAtMs.length);
      sentAtMs.push(Date.now());
    }
    while (ordinarySent < elapsed * ORDINARY_PER_SECOND) write(ordinary, ordinarySent++);
    await sleep(1);
  }
  await sleep(500);
  socket.removeAllListeners().destroy();
  if (errors > 0) throw new Error(`${errors} sends were refused`);
  return sentAtMs;
}
