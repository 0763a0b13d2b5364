/**
 * Many connections that each send half a frame and stop. The broker's memory stays within what its configuration allows for
 * that, whoever else sends is served meanwhile, and the half-sent frames are closed when their time is up.
 *
 * Memory is that of the broker's own process (RssAnon and RSS of /proc), sampled all the time. It may grow by
 * `partialFramesMaxBytes`, by CONNECTION_BYTES for each connection, and by GARBAGE_BYTES of what was read and is not yet
 * collected.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { encodeFrame } from './raw-client.ts';

const MIB = 1024 * 1024;
const PARTIAL_FRAMES_BYTES = 64 * MIB;
/** Sockets, streams and handlers of Node and ours. */
const CONNECTION_BYTES = 24 * 1024;
const GARBAGE_BYTES = 32 * MIB;
/** Whole sizes of the frames, by seed; half of them is sent. */
const FRAME_BYTES = [300, 8 * 1024, 128 * 1024, 256 * 1024] as const;
const CONNECTING_AT_ONCE = 100;
const IN_FLIGHT = 128;
const WINDOWS = 10;

export interface HalfFramesResult {
  readonly [fact: string]: number;
  readonly connections: number;
  readonly frameBytes: number;
  readonly memoryBoundMib: number;
  /** Most that the broker's memory grew by. */
  readonly memoryGrowthMib: number;
  /** Messages a second that were sent and answered: before, while they connect and send, while they stand, when they are gone. */
  readonly speedBefore: number;
  readonly speedArriving: number;
  readonly speedStanding: number;
  readonly speedAfter: number;
  /** Microseconds of the broker's CPU for one of them: says more than the speed where the machine is shared. */
  readonly cpuUsBefore: number;
  readonly cpuUsStanding: number;
  readonly cpuUsAfter: number;
}

export async function halfFramesRound(
  seed: number,
  connections: number,
  /** How long each speed is measured, and how long half a frame may stand. */
  { measureMs, standMs }: { readonly measureMs: number; readonly standMs: number },
): Promise<HalfFramesResult> {
  const frameBytes = FRAME_BYTES[seed % FRAME_BYTES.length]!;
  const namesrv = await startOurNamesrv();
  const broker = await startOurBroker({
    namesrvAddr: namesrv.address,
    config: {
      partialFramesMaxBytes: PARTIAL_FRAMES_BYTES,
      partialFrameTimeoutMs: standMs,
      flushDiskType: 'ASYNC_FLUSH',
      // what the load itself fills is full before it is measured
      memoryWindowBytes: 4 * MIB,
      zeroAheadBytes: 4 * MIB,
    },
  });
  const sockets: Socket[] = [];
  const load = await Load.start(broker.port);
  try {
    const { pid } = broker.program;
    await load.speed(measureMs, pid); // warms up
    const before = await load.speed(measureMs, pid);
    const memory = new MemoryWatch(pid);
    const arrivingFrom = load.mark();
    const half = encodeFrame(
      { code: 310, language: 'JAVA', version: 293, opaque: 1, flag: 0 },
      Buffer.alloc(frameBytes),
    );
    let closed = 0;
    let begun = 0;
    const open = async (): Promise<void> => {
      while (begun++ < connections) {
        sockets.push(await sendHalf(broker.port, half.subarray(0, half.length / 2), () => closed++));
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONNECTING_AT_ONCE, connections) }, open));
    const speedArriving = load.since(arrivingFrom);
    await until('others to be served', 30_000, () => load.mark().answered > arrivingFrom.answered);
    // What has left this process is still to be read by the broker, and what is too much to be dropped.
    for (let before = -1; before < closed; await delay(1_000)) before = closed;
    const standing = await load.speed(measureMs, pid);
    await until(
      `${connections} half-sent frames to be closed`,
      standMs * 3 + 10_000,
      () => closed >= sockets.length,
    );
    memory.stop();
    const after = await load.speed(measureMs, pid);
    const allowed = PARTIAL_FRAMES_BYTES + sockets.length * CONNECTION_BYTES + GARBAGE_BYTES;
    const result = {
      connections: sockets.length,
      frameBytes,
      memoryBoundMib: Math.round(allowed / MIB),
      memoryGrowthMib: Math.round(memory.growthBytes / MIB),
      ...{ speedBefore: before.speed, speedArriving, speedStanding: standing.speed, speedAfter: after.speed },
      ...{ cpuUsBefore: before.cpuUs, cpuUsStanding: standing.cpuUs, cpuUsAfter: after.cpuUs },
    };
    assert.ok(memory.growthBytes <= allowed, `memory beyond its bound: ${JSON.stringify(result)}`);
    return result;
  } finally {
    load.stop();
    for (const socket of sockets) socket.destroy();
    await broker.program.kill();
    await namesrv.program.kill();
  }
}

/** Resolves once the bytes have left this process, or the broker has closed the connection again. */
function sendHalf(port: number, bytes: Buffer, onClose: () => void): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      onClose();
      resolve(socket);
    });
    socket.write(bytes, () => resolve(socket));
    socket.resume();
  });
}

/** One connection that keeps sends in flight and counts their answers; costs next to nothing itself. */
class Load {
  readonly #socket: Socket;
  readonly #frame: Buffer;
  #answered = 0;
  /** Bytes of the answer under way that are still to come; its length field when that was cut. */
  #left = 0;
  #cut: Buffer = Buffer.alloc(0);

  static async start(port: number): Promise<Load> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Load(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const ext = {
      ...{ a: 'PG', b: 'TopicTest', c: 'TBW102', d: '4', e: '0', f: '0', g: '1700000000000', h: '0' },
      ...{ i: 'UNIQ_KEY\u00010\u0002', j: '0', k: 'false', m: 'false' },
    };
    const header = { code: 310, language: 'JAVA', version: 293, opaque: 1, flag: 0, extFields: ext };
    this.#frame = encodeFrame(header, Buffer.alloc(128, 'x'));
    socket.on('data', (chunk) => this.#data(chunk));
    this.#send(IN_FLIGHT);
  }

  #send(count: number): void {
    this.#socket.write(Buffer.concat(Array.from({ length: count }, () => this.#frame)));
  }

  #data(chunk: Buffer): void {
    const bytes = this.#cut.length > 0 ? Buffer.concat([this.#cut, chunk]) : chunk;
    const before = this.#answered;
    let at = 0;
    for (;;) {
      const skip = Math.min(this.#left, bytes.length - at);
      at += skip;
      this.#left -= skip;
      if (this.#left > 0 || bytes.length - at < 4) break;
      this.#left = bytes.readInt32BE(at);
      at += 4;
      this.#answered++;
    }
    this.#cut = bytes.subarray(at);
    if (this.#answered > before) this.#send(this.#answered - before);
  }

  mark(): { readonly answered: number; readonly atMs: number } {
    return { answered: this.#answered, atMs: performance.now() };
  }

  /** Answers a second since then. */
  since(from: { readonly answered: number; readonly atMs: number }): number {
    return Math.round(((this.#answered - from.answered) * 1000) / (performance.now() - from.atMs));
  }

  /** The best of WINDOWS parts of the time: where others use the machine too, the least disturbed one. Waits for an answer. */
  async speed(measureMs: number, pid: number): Promise<{ readonly speed: number; readonly cpuUs: number }> {
    const first = this.#answered;
    const cpuFrom = cpuSeconds(pid);
    let speed = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const from = this.mark();
      await delay(measureMs / WINDOWS);
      speed = Math.max(speed, this.since(from));
    }
    await until('sends to be answered', 30_000, () => this.#answered > first);
    const cpuUs = ((cpuSeconds(pid) - cpuFrom) * 1e6) / Math.max(1, this.#answered - first);
    return { speed, cpuUs: Math.round(cpuUs * 10) / 10 };
  }

  stop(): void {
    this.#socket.destroy();
  }
}

/** User and system time of all threads; in hundredths, as Linux counts. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

class MemoryWatch {
  readonly #pid: number;
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;
  growthBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = this.#bytes();
    this.#timer = setInterval(() => this.#look(), 100);
  }

  /** Without mapped files: Node's own heap and buffers. */
  #bytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'latin1');
    return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  #look(): void {
    this.growthBytes = Math.max(this.growthBytes, this.#bytes() - this.#before);
  }

  stop(): void {
    this.#look();
    clearInterval(this.#timer);
  }
}
