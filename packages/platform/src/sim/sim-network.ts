/**
 * A simulated network of hosts: in-memory connections on simulated time, with latency, partitions, silent losses and
 * resets, all from one seed.
 *
 * Each simulated process gets its own `Network` from `host(address)`. Nothing happens but in `clock`'s events, so the
 * same seed gives the same run.
 */
import type { Clock } from '../clock.ts';
import type { ByteStream, ConnectOptions, Listener, Network } from '../network.ts';
import type { Random } from '../random.ts';
import { type SimLink, SimStream } from './sim-stream.ts';

const FIRST_EPHEMERAL_PORT = 40_000;
const CHANCE_SCALE = 1_000_000;

export interface SimNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds a chunk takes, least and most. Default 0 and 0. */
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** Bytes under way in one direction of a connection. Default 65536. */
  readonly windowBytes?: number;
  /** Chance, 0 to 1, that a chunk is cut into pieces that arrive one by one. Default 0. */
  readonly cutChance?: number;
  /** Chance per chunk that its connection breaks with ECONNRESET. Default 0. */
  readonly resetChance?: number;
  /** Chance per chunk that its connection goes dead without either side being told. Default 0. */
  readonly loseChance?: number;
}

interface SimListening {
  readonly host: string;
  readonly port: number;
  readonly accept: (stream: ByteStream) => void;
}

export class SimNetwork implements SimLink {
  readonly clock: Clock;
  readonly windowBytes: number;
  /** May be changed at any time: faults that begin and end. */
  cutChance: number;
  resetChance: number;
  loseChance: number;
  readonly #random: Random;
  readonly #latencyMs: { readonly min: number; readonly max: number };
  readonly #listening = new Map<string, SimListening>();
  readonly #streams = new Set<SimStream>();
  readonly #partitions = new Set<string>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(options: SimNetworkOptions) {
    this.clock = options.clock;
    this.#random = options.random;
    this.#latencyMs = options.latencyMs ?? { min: 0, max: 0 };
    this.windowBytes = options.windowBytes ?? 65_536;
    this.cutChance = options.cutChance ?? 0;
    this.resetChance = options.resetChance ?? 0;
    this.loseChance = options.loseChance ?? 0;
  }

  /** The network as the process on this host (an IPv4 address) sees it; loopback names mean the host itself. */
  host(address: string): Network {
    return {
      listen: (at, onStream) => this.#listen(localHost(at.host, address), at.port, onStream),
      connect: (options) => this.#connect(address, { ...options, host: localHost(options.host, address) }),
    };
  }

  /** Lets nothing through between the two hosts, in both directions, until `heal`. Connections wait. */
  partition(a: string, b: string): void {
    this.#partitions.add(`${a} ${b}`);
    this.#partitions.add(`${b} ${a}`);
  }

  /** Ends the partition of two hosts, or all of them. What waited arrives. */
  heal(a?: string, b?: string): void {
    if (a === undefined || b === undefined) this.#partitions.clear();
    else {
      this.#partitions.delete(`${a} ${b}`);
      this.#partitions.delete(`${b} ${a}`);
    }
    for (const stream of this.#open()) stream.unblock();
  }

  /** Breaks every connection between the two hosts with ECONNRESET. */
  reset(a: string, b: string): void {
    for (const stream of this.#between(a, b)) stream.reset();
  }

  /** Makes every connection between the two hosts dead, neither side being told. */
  lose(a: string, b: string): void {
    for (const stream of this.#between(a, b)) stream.lose();
  }

  /** The process on this host is gone: its listeners, and its connections with ECONNRESET. */
  crash(host: string): void {
    for (const [key, listening] of this.#listening) if (listening.host === host) this.#listening.delete(key);
    for (const stream of this.#open()) if (stream.localAddress === host) stream.reset();
  }

  // ---- SimLink

  latencyMs(_from: string, _to: string): number {
    const { min, max } = this.#latencyMs;
    return max > min ? min + this.#random.integer(max - min + 1) : min;
  }

  blocked(from: string, to: string): boolean {
    return this.#partitions.has(`${from} ${to}`);
  }

  cut(bytes: number): number {
    return bytes > 1 && this.#chance(this.cutChance) ? 1 + this.#random.integer(bytes - 1) : bytes;
  }

  fate(): 'deliver' | 'lose' | 'reset' {
    if (this.#chance(this.resetChance)) return 'reset';
    return this.#chance(this.loseChance) ? 'lose' : 'deliver';
  }

  #chance(chance: number): boolean {
    return chance > 0 && this.#random.integer(CHANCE_SCALE) < chance * CHANCE_SCALE;
  }

  #listen(host: string, wanted: number, accept: (stream: ByteStream) => void): Promise<Listener> {
    const port = wanted === 0 ? this.#freePort(host) : wanted;
    const key = `${host}:${port}`;
    if (this.#listening.has(key)) {
      const error = new Error(`listen EADDRINUSE: address already in use ${key}`);
      return Promise.reject(Object.assign(error, { code: 'EADDRINUSE' }));
    }
    const listening = { host, port, accept };
    this.#listening.set(key, listening);
    return Promise.resolve({
      host,
      port,
      close: async () => {
        if (this.#listening.get(key) === listening) this.#listening.delete(key);
      },
    });
  }

  #connect(from: string, options: ConnectOptions): Promise<ByteStream> {
    const to = options.host;
    const key = `${to}:${options.port}`;
    return new Promise((resolve, reject) => {
      const fail = (code: string): void => {
        reject(Object.assign(new Error(`connect ${code} ${key}`), { code }));
      };
      if (this.blocked(from, to) || this.#chance(this.loseChance)) {
        this.clock.setTimeout(() => fail('ETIMEDOUT'), options.timeoutMs);
        return;
      }
      const roundTripMs = this.latencyMs(from, to) + this.latencyMs(to, from);
      this.clock.setTimeout(() => {
        const listening = this.#listening.get(key);
        if (listening === undefined || this.#chance(this.resetChance)) {
          fail('ECONNREFUSED');
          return;
        }
        const [mine, theirs] = SimStream.pair(
          this,
          { host: from, port: this.#freePort(from) },
          { host: to, port: options.port },
        );
        if (this.#streams.size > 1000) this.#open();
        this.#streams.add(mine).add(theirs);
        listening.accept(theirs);
        resolve(mine);
      }, roundTripMs);
    });
  }

  #freePort(host: string): number {
    do this.#nextPort = this.#nextPort >= 60_000 ? FIRST_EPHEMERAL_PORT : this.#nextPort + 3;
    while (this.#listening.has(`${host}:${this.#nextPort}`));
    return this.#nextPort;
  }

  #open(): SimStream[] {
    for (const stream of this.#streams) if (stream.closed) this.#streams.delete(stream);
    return [...this.#streams];
  }

  #between(a: string, b: string): SimStream[] {
    return this.#open().filter((stream) => stream.localAddress === a && stream.remoteAddress === b);
  }
}

/** Wildcards and loopback names are the host itself. */
function localHost(name: string, self: string): string {
  return ['0.0.0.0', '::', '127.0.0.1', 'localhost', '::1', ''].includes(name) ? self : name;
}
