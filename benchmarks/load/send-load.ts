/**
 * The closed loop of sends. Answers that arrive together are replaced by new sends in one write, as a batching
 * client does, so that the generator costs a fraction of what a broker costs.
 */
import type { Socket } from 'node:net';
import { FrameTemplate, OPAQUE_RANGE } from './frame-template.ts';
import { LatencySamples } from './latency-samples.ts';
import { type LoadResult, QUEUES, type SendRequest } from './load-request.ts';
import { open } from './open.ts';
import { ResponseReader } from './response-reader.ts';

interface Progress {
  sent: number;
  answered: number;
  errors: number;
}

export async function sendLoad(request: SendRequest): Promise<Omit<LoadResult, 'generatorCpuSeconds'>> {
  const latencies = new LatencySamples(request.count);
  const templates = Array.from({ length: QUEUES }, (_, queueId) =>
    FrameTemplate.send(request.topic, queueId, request.bodyBytes),
  );
  const progress: Progress = { sent: 0, answered: 0, errors: 0 };
  const sockets = await Promise.all(Array.from({ length: request.connections }, () => open(request.port)));
  const startedAtMs = performance.now();
  const deadlineMs = startedAtMs + request.maxSeconds * 1000;
  let endedAtMs = startedAtMs;
  await new Promise<void>((resolve, reject) => {
    const done = (nowMs: number) => {
      endedAtMs = nowMs;
      resolve();
    };
    for (const socket of sockets) {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the broker closed the connection')));
      runConnection(socket, request, templates, progress, latencies, deadlineMs, done);
    }
  });
  for (const socket of sockets) socket.removeAllListeners().destroy();
  return {
    count: progress.answered - progress.errors,
    errors: progress.errors,
    seconds: (endedAtMs - startedAtMs) / 1000,
    latencyUs: latencies.summary(),
  };
}

function runConnection(
  socket: Socket,
  request: SendRequest,
  templates: readonly FrameTemplate[],
  progress: Progress,
  latencies: LatencySamples,
  deadlineMs: number,
  done: (nowMs: number) => void,
): void {
  const sentAtMs = new Float64Array(OPAQUE_RANGE);
  const frameBytes = Math.max(...templates.map((template) => template.bytes.length));
  let nextOpaque = 0;
  let nowMs = 0;
  let free = request.inFlight;
  let over = false;

  const sendFree = () => {
    const number = over ? 0 : Math.min(free, request.count - progress.sent);
    if (number <= 0) return;
    const output = Buffer.allocUnsafe(number * frameBytes);
    let position = 0;
    for (let i = 0; i < number; i++) {
      const template = templates[progress.sent % QUEUES] as FrameTemplate;
      sentAtMs[nextOpaque] = nowMs;
      position = template.write(output, position, nextOpaque, progress.sent);
      nextOpaque = (nextOpaque + 1) & (OPAQUE_RANGE - 1);
      progress.sent++;
    }
    free -= number;
    socket.write(output.subarray(0, position));
  };

  const reader = new ResponseReader((opaque, ok) => {
    latencies.add(nowMs - (sentAtMs[opaque] as number));
    if (!ok) progress.errors++;
    progress.answered++;
    free++;
  });
  socket.on('data', (chunk: Buffer) => {
    nowMs = performance.now();
    over = nowMs > deadlineMs;
    reader.read(chunk);
    if (progress.answered >= request.count || (over && progress.answered >= progress.sent)) done(nowMs);
    else sendFree();
  });
  nowMs = performance.now();
  sendFree();
}
