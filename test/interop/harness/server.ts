/** What the official and our name server and broker look like to a test: the same, so that tests take either. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAllPrograms, type Program } from './program.ts';

export interface Server {
  readonly program: Program;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly port: number;
  /** Home, configuration and store; kept by `stop` and `kill`, so that the same store can be started again. */
  readonly folder: string;
}

export interface NamesrvOptions {
  readonly port?: number;
  readonly folder?: string;
  /** Lines of the `-c` file besides listenPort. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** The serialize type of its answers. */
  readonly serializeType?: 'JSON' | 'ROCKETMQ';
  /** Java only: system properties. */
  readonly javaProperties?: Readonly<Record<string, string>>;
}

export interface BrokerOptions extends NamesrvOptions {
  /** `host:port[;host:port]` */
  readonly namesrvAddr: string;
  readonly brokerName?: string;
  /** Java only: arguments of the virtual machine instead of the small heap. */
  readonly javaArgs?: readonly string[];
}

export type StartNamesrv = (options?: NamesrvOptions) => Promise<Server>;
export type StartBroker = (options: BrokerOptions) => Promise<Server>;

const START_ATTEMPTS = 3;

/** Small files keep stores quick to make and quick to copy; the same for both brokers. */
export function brokerProperties(options: BrokerOptions, port: number, store: string): string {
  return formatConfig({
    brokerClusterName: 'DefaultCluster',
    brokerName: options.brokerName ?? 'broker-a',
    brokerId: 0,
    brokerIP1: '127.0.0.1',
    brokerIP2: '127.0.0.1',
    listenPort: port,
    namesrvAddr: options.namesrvAddr,
    storePathRootDir: store,
    storePathCommitLog: join(store, 'commitlog'),
    mapedFileSizeCommitLog: 64 * 1024 * 1024,
    diskMaxUsedSpaceRatio: 95,
    // A machine that is busy for 200 ms would make a broker of either kind answer SYSTEM_BUSY, as it should.
    brokerFastFailureEnable: false,
    ...options.config,
  });
}

export function formatConfig(config: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(config)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Starts again with another port when the port was ours to choose: another program may have taken it meanwhile. */
export async function withRetries(
  fixedPort: number | undefined,
  start: () => Promise<Server>,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (fixedPort !== undefined || attempt === START_ATTEMPTS) throw error;
    }
  }
}

const folders: string[] = [];

/** A temporary folder that is removed when this process ends, or left when ROCKETMQ_KEEP_FOLDERS is set. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `rocketmq-${name}-`));
  folders.push(folder);
  return folder;
}

process.on('exit', () => {
  if (process.env.ROCKETMQ_KEEP_FOLDERS) return;
  // Nobody may write any more.
  killAllPrograms();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
