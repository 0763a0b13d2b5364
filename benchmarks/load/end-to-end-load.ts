/**
 * From the moment before the write of a send to the arrival of the pull answer that has the message, at a fixed rate.
 * The schedule is fixed: a late tick sends what is due, and a message's time starts when it is written.
 */
import { maxOffsets } from './drain-load.ts';
import { bodyNumber, FrameTemplate, OPAQUE_RANGE } from './frame-template.ts';
import { LatencySamples } from './latency-samples.ts';
import { type EndToEndRequest, type LoadResult, QUEUES } from './load-request.ts';
import { open } from './open.ts';
import { PullConnection } from './pull-connection.ts';
import { ResponseReader } from './response-reader.ts';

const SUSPEND_MS = 15_000;
const ARRIVAL_TIMEOUT_MS = 5_000;

export async function endToEndLoad(
  request: EndToEndRequest,
): Promise<Omit<LoadResult, 'generatorCpuSeconds'>> {
  const total = request.ratePerSecond * request.seconds;
  const latencies = new LatencySamples(total);
  const sentAtMs = new Float64Array(total);
  const templates = Array.from({ length: QUEUES }, (_, queueId) =>
    FrameTemplate.send(request.topic, queueId, request.bodyBytes),
  );
  const starts = await maxOffsets(request.port, request.topic);
  const [sendSocket, pullSocket] = await Promise.all([open(request.port), open(request.port)]);
  let received = 0;
  let errors = 0;
  const onRecord = (buffer: Buffer, bodyStart: number) => {
    latencies.add(performance.now() - (sentAtMs[bodyNumber(buffer, bodyStart)] as number));
    received++;
  };
  const ends = starts.map(() => Number.POSITIVE_INFINITY);
  const polls = new PullConnection(pullSocket, request.topic, starts, ends, SUSPEND_MS, onRecord, () => {});
  const answers = new ResponseReader((_opaque, ok) => {
    if (!ok) errors++;
  });
  sendSocket.on('data', (chunk: Buffer) => answers.read(chunk));
  polls.start();
  await delay(200); // the polls are held by now
  const startedAtMs = performance.now();
  let sent = 0;
  while (sent < total) {
    const due = Math.min(
      total,
      Math.floor(((performance.now() - startedAtMs) * request.ratePerSecond) / 1000),
    );
    for (; sent < due; sent++) {
      const template = templates[sent % QUEUES] as FrameTemplate;
      const output = Buffer.allocUnsafe(template.bytes.length);
      template.write(output, 0, sent & (OPAQUE_RANGE - 1), sent);
      sentAtMs[sent] = performance.now();
      sendSocket.write(output);
    }
    await delay(1);
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  const deadlineMs = performance.now() + ARRIVAL_TIMEOUT_MS;
  while (received < total && performance.now() < deadlineMs) await delay(5);
  for (const socket of [sendSocket, pullSocket]) socket.removeAllListeners().destroy();
  return { count: received, errors, seconds, latencyUs: latencies.summary() };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
