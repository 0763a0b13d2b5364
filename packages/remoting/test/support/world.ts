/** A few simulated hosts on one clock, with servers, clients and bare sockets on them. */
import { type ByteStream, type Logger, type Platform, RealFileSystem, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, type SimNetworkOptions, SimRandom } from '@rocketmq-ts/platform/sim';
import { decodeCommand, encodeCommand, type RemotingCommand } from '@rocketmq-ts/protocol';
import {
  RemotingClient,
  type RemotingClientOptions,
  RemotingServer,
  type RemotingServerOptions,
} from '../../src/index.ts';

export const SERVER = '10.0.0.1';
export const CLIENT = '10.0.0.2';
export const PORT = 10911;
export const ADDRESS = `${SERVER}:${PORT}`;

export class World {
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly logged: string[] = [];

  constructor(options: Partial<SimNetworkOptions> = {}, seed = 1) {
    this.network = new SimNetwork({ clock: this.clock, random: new SimRandom(seed), ...options });
  }

  readonly logger: Logger = {
    info: (message, fields) => this.#log('info', message, fields),
    warn: (message, fields) => this.#log('warn', message, fields),
    error: (message, fields) => this.#log('error', message, fields),
  };

  platform(host: string): Platform {
    return {
      clock: this.clock,
      fileSystem: new RealFileSystem(),
      network: this.network.host(host),
      random: new SimRandom(1),
      turn: new Turn(this.clock),
    };
  }

  async server(options: Partial<RemotingServerOptions> = {}): Promise<RemotingServer> {
    const server = new RemotingServer({
      platform: this.platform(SERVER),
      ports: [PORT],
      logger: this.logger,
      ...options,
    });
    await server.start();
    return server;
  }

  client(options: Partial<RemotingClientOptions> = {}): RemotingClient {
    return new RemotingClient({ platform: this.platform(CLIENT), logger: this.logger, ...options });
  }

  /** A bare connection to the server. */
  async socket(port = PORT): Promise<BareSocket> {
    const connecting = this.network.host(CLIENT).connect({ host: SERVER, port, timeoutMs: 1000 });
    return new BareSocket(await this.clock.run(connecting));
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.run(promise);
  }

  #log(level: string, message: string, fields: Readonly<Record<string, unknown>> | undefined): void {
    const error = fields?.error instanceof Error ? `: ${fields.error.message}` : '';
    this.logged.push(`${level} ${message}${error}`);
  }
}

/** Sends what it is told and gathers what it gets. */
export class BareSocket {
  readonly stream: ByteStream;
  received: Buffer = Buffer.alloc(0);
  closed = false;
  closeError: Error | undefined;

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.setHandler({
      onData: (chunk) => {
        this.received = Buffer.concat([this.received, chunk]);
      },
      onDrain: () => {},
      onClose: (error) => {
        this.closed = true;
        this.closeError = error;
      },
    });
  }

  send(...chunks: Buffer[]): void {
    this.stream.write(chunks);
  }

  /** The whole frames that came so far; they are taken away. */
  frames(): RemotingCommand[] {
    const frames: RemotingCommand[] = [];
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0);
      if (this.received.length < end) break;
      frames.push(decodeCommand(Buffer.from(this.received.subarray(0, end))));
      this.received = this.received.subarray(end);
    }
    return frames;
  }
}

/** A whole request frame. */
export function requestFrame(fields: Partial<RemotingCommand> & { code: number }): Buffer {
  return encodeCommand({
    language: 0,
    version: 293,
    opaque: 1,
    flag: 0,
    remark: undefined,
    ext: new Map(),
    body: undefined,
    serializeType: 0,
    ...fields,
  });
}
