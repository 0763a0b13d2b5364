/** A name server on a simulated host with a simulated disk, and clients of it. */
import { type Logger, type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import type { RemotingCommand } from '@rocketmq-ts/protocol';
import { type OutputTarget, RemotingClient } from '@rocketmq-ts/remoting';
import { NameServer, NamesrvConfig } from '../../src/index.ts';

export const HOST = '10.0.0.1';
export const ADDRESS = `${HOST}:9876`;
export const HOME = '/home/mq';

/** A request as the fixtures have it. */
export interface RecordedRequest {
  readonly code: number;
  readonly version: number;
  readonly ext: Readonly<Record<string, string>>;
  readonly bodyHex?: string;
  readonly oneway?: boolean;
}

export class Scene {
  readonly clock = new SimClock();
  readonly network = new SimNetwork({ clock: this.clock, random: new SimRandom(1) });
  readonly fileSystem = new SimFileSystem({ clock: this.clock });
  readonly logged: string[] = [];
  nameServer!: NameServer;

  readonly logger: Logger = {
    info: (message) => this.logged.push(message),
    warn: (message) => this.logged.push(message),
    error: (message) => this.logged.push(message),
  };

  static async start(overrides: Record<string, string> = {}): Promise<Scene> {
    const scene = new Scene();
    await scene.restart(overrides);
    return scene;
  }

  async restart(overrides: Record<string, string> = {}): Promise<void> {
    const config = NamesrvConfig.load({
      host: { homeFolder: HOME, environment: {} },
      overrides: new Map(Object.entries(overrides)),
    });
    this.nameServer = await NameServer.start(this.platform(HOST), config, { logger: this.logger });
  }

  platform(host: string): Platform {
    return {
      clock: this.clock,
      fileSystem: this.fileSystem,
      network: this.network.host(host),
      random: new SimRandom(1),
      turn: new Turn(this.clock),
    };
  }

  client(host = '10.0.0.9'): RemotingClient {
    return new RemotingClient({ platform: this.platform(host) });
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.run(promise);
  }

  /** Sends the request exactly as recorded; undefined for a one-way one. */
  async send(client: RemotingClient, request: RecordedRequest): Promise<RemotingCommand | undefined> {
    const connection = await this.run(client.connect(ADDRESS));
    const write = (output: OutputTarget, opaque: number): void => appendRequest(output, opaque, request);
    if (request.oneway) {
      write(connection.output, 0);
      await this.clock.advance(1);
      return undefined;
    }
    return this.run(connection.invokeEncoded(write, 3000));
  }
}

function appendRequest(output: OutputTarget, opaque: number, request: RecordedRequest): void {
  const { code, version, ext, bodyHex, oneway } = request;
  const flag = oneway ? 2 : 0;
  const header = Buffer.from(
    JSON.stringify({ code, extFields: ext, flag, language: 'JAVA', opaque, version }),
  );
  const body = Buffer.from(bodyHex ?? '', 'hex');
  const frame = Buffer.concat([Buffer.alloc(8), header, body]);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(header.length, 4);
  const position = output.reserve(frame.length);
  frame.copy(output.buffer, position);
  output.commit(position + frame.length);
}
