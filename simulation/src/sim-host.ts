/**
 * Owns one simulated machine and the processes that live on it one after the other: an address, a disk, a wall clock that may
 * be wrong.
 *
 * Invariant: a dead process does nothing any more: its timers do not fire, its disk calls fail or stay pending, what it
 * writes to the network goes nowhere, and nothing that arrives reaches it.
 */
import type {
  ByteStream,
  ByteStreamHandler,
  Clock,
  ConnectOptions,
  Listener,
  Network,
  Platform,
  Timer,
} from '@rocketmq-ts/platform';
import { Turn } from '@rocketmq-ts/platform';
import {
  type SimClock,
  SimFileSystem,
  type SimNetwork,
  type SimOperation,
  SimRandom,
} from '@rocketmq-ts/platform/sim';

/** What a process may do at one moment of simulated time. */
const TASKS_AT_ONCE = 50_000;

export interface SimHostOptions {
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly address: string;
  readonly seed: number;
  /** Hears of what nobody caught in a living process. */
  readonly onUncaught: (error: unknown) => void;
  /** Changes what processes get to see of the machine: planted bugs. */
  readonly wrapPlatform?: ((platform: Platform, host: SimHost) => Platform) | undefined;
}

export class SimHost {
  readonly address: string;
  readonly #options: SimHostOptions;
  disk: SimFileSystem;
  /** How far the wall clock of this machine is off. */
  wallOffsetMs = 0;
  /** Milliseconds each disk call off the loop takes. */
  diskLatencyMs: (operation: SimOperation) => number = () => 0;
  /** Processes so far. */
  lives = 0;
  #process: SimProcess | undefined;

  constructor(options: SimHostOptions) {
    this.#options = options;
    this.address = options.address;
    this.disk = new SimFileSystem({
      clock: options.clock,
      latencyMs: (operation) => this.diskLatencyMs(operation),
    });
  }

  get process(): SimProcess | undefined {
    return this.#process?.alive ? this.#process : undefined;
  }

  boot(): SimProcess {
    const { clock, network, seed } = this.#options;
    this.lives++;
    const process = new SimProcess(this, clock, network, seed + this.lives * 7919, this.#options);
    this.#process = process;
    return process;
  }

  /**
   * Ends the process, if one lives. With `powerSeed` the machine goes down with it: what was not synced is lost as the seed
   * decides. `silently`: nobody at the other end of a connection is told.
   */
  end(how: { readonly powerSeed?: number; readonly silently?: boolean } = {}): void {
    this.#process?.die();
    this.disk = this.disk.crash(how.powerSeed === undefined ? {} : { powerSeed: how.powerSeed });
    if (how.silently !== true) this.#options.network.crash(this.address);
  }

  /** What other machines still think to be connected to is gone: said when the machine comes back. */
  forgetConnections(): void {
    this.#options.network.crash(this.address);
  }

  /** Another disk, empty. */
  replaceDisk(): void {
    this.disk = new SimFileSystem({
      clock: this.#options.clock,
      latencyMs: (operation) => this.diskLatencyMs(operation),
    });
  }
}

export class SimProcess {
  readonly platform: Platform;
  readonly #disk: SimFileSystem;
  #ended = false;

  constructor(host: SimHost, clock: SimClock, network: SimNetwork, seed: number, options: SimHostOptions) {
    this.#disk = host.disk;
    const isAlive = (): boolean => this.alive;
    const processClock = new ProcessClock(clock, host, isAlive, options.onUncaught);
    const platform: Platform = {
      clock: processClock,
      fileSystem: host.disk,
      network: new ProcessNetwork(network.host(host.address), isAlive),
      random: new SimRandom(seed),
      turn: new Turn(processClock, (error) => {
        if (this.alive) options.onUncaught(error);
      }),
    };
    this.platform = options.wrapPlatform?.(platform, host) ?? platform;
  }

  get alive(): boolean {
    return !this.#ended && !this.#disk.crashed;
  }

  die(): void {
    this.#ended = true;
  }
}

class ProcessClock implements Clock {
  readonly #clock: SimClock;
  readonly #host: SimHost;
  readonly #isAlive: () => boolean;
  readonly #onUncaught: (error: unknown) => void;
  #now = -1;
  #tasksNow = 0;

  constructor(clock: SimClock, host: SimHost, isAlive: () => boolean, onUncaught: (error: unknown) => void) {
    this.#clock = clock;
    this.#host = host;
    this.#isAlive = isAlive;
    this.#onUncaught = onUncaught;
  }

  now(): number {
    return this.#clock.now() + this.#host.wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimeout(task: () => void, delayMs: number): Timer {
    return this.#clock.setTimeout(() => this.#run(task), delayMs);
  }

  setInterval(task: () => void, periodMs: number): Timer {
    const timer = this.#clock.setInterval(() => {
      if (this.#isAlive()) this.#run(task);
      else timer.cancel();
    }, periodMs);
    return timer;
  }

  setImmediate(task: () => void): void {
    this.#clock.setImmediate(() => this.#run(task));
  }

  #run(task: () => void): void {
    if (!this.#isAlive()) return;
    const now = this.#clock.monotonicMs();
    this.#tasksNow = now === this.#now ? this.#tasksNow + 1 : 0;
    this.#now = now;
    if (this.#tasksNow > TASKS_AT_ONCE) {
      // Time stands still: two programs keep each other busy.
      this.#tasksNow = 0;
      this.#host.end();
      this.#onUncaught(new Error(`${this.#host.address} is busy without end at ${now} ms`));
      return;
    }
    try {
      task();
    } catch (error) {
      if (this.#isAlive()) this.#onUncaught(error);
    }
  }
}

class ProcessNetwork implements Network {
  readonly #network: Network;
  readonly #isAlive: () => boolean;

  constructor(network: Network, isAlive: () => boolean) {
    this.#network = network;
    this.#isAlive = isAlive;
  }

  async listen(
    at: { host: string; port: number },
    onStream: (stream: ByteStream) => void,
  ): Promise<Listener> {
    return this.#network.listen(at, (stream) => {
      if (this.#isAlive()) onStream(new ProcessStream(stream, this.#isAlive));
    });
  }

  async connect(options: ConnectOptions): Promise<ByteStream> {
    if (!this.#isAlive()) return new Promise(() => {});
    const stream = await this.#network.connect(options);
    return new ProcessStream(stream, this.#isAlive);
  }
}

class ProcessStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #isAlive: () => boolean;

  constructor(stream: ByteStream, isAlive: () => boolean) {
    this.#stream = stream;
    this.#isAlive = isAlive;
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  get remotePort(): number {
    return this.#stream.remotePort;
  }

  get localAddress(): string {
    return this.#stream.localAddress;
  }

  get localPort(): number {
    return this.#stream.localPort;
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes;
  }

  setHandler(handler: ByteStreamHandler): void {
    const isAlive = this.#isAlive;
    this.#stream.setHandler({
      onData: (chunk) => {
        if (isAlive()) handler.onData(chunk);
      },
      onDrain: () => {
        if (isAlive()) handler.onDrain();
      },
      onClose: (error) => {
        if (isAlive()) handler.onClose(error);
      },
    });
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    if (!this.#isAlive()) return true;
    return this.#stream.write(
      chunks,
      onFlushed &&
        (() => {
          if (this.#isAlive()) onFlushed();
        }),
    );
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    if (this.#isAlive()) this.#stream.end();
  }

  destroy(error?: Error): void {
    if (this.#isAlive()) this.#stream.destroy(error);
  }
}
