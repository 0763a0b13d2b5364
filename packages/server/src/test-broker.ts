/**
 * A name server and a broker for one unit test: free ports, a folder of their own that goes with them.
 *
 *     await using broker = await startTestBroker();
 *     const producer = new Producer({ producerGroup: 'test', namesrvAddr: broker.namesrvAddr });
 *
 * Small files keep a start fast; otherwise it is the broker that production runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Logger, silentLogger } from '@rocketmq-ts/platform';
import { OneProcessServer } from './one-process-server.ts';

export interface TestBrokerOptions {
  /** Keys of the broker's configuration. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  readonly logger?: Logger;
}

export interface TestBroker extends AsyncDisposable {
  /** `127.0.0.1:port`, for clients. */
  readonly namesrvAddr: string;
  readonly brokerAddr: string;
  /** Removed by `stop`. */
  readonly folder: string;
  stop(): Promise<void>;
}

const SMALL = {
  mapedFileSizeCommitLog: 16 * 1024 * 1024,
  mapedFileSizeConsumeQueue: 20 * 1000,
  maxHashSlotNum: 1000,
  maxIndexNum: 4000,
  // A developer's nearly full disk is no reason for a test to fail.
  diskMaxUsedSpaceRatio: 95,
};

export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rocketmq-ts-test-broker-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await OneProcessServer.start({
      dataFolder: folder,
      namesrvPort: 0,
      brokerPort: 0,
      brokerConfig: { ...SMALL, ...options.config },
      logger: options.logger ?? silentLogger,
    });
    const stop = async (): Promise<void> => {
      await server.stop();
      remove();
    };
    const { namesrvAddr, brokerAddr } = server;
    return { namesrvAddr, brokerAddr, folder, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    remove();
    throw error;
  }
}
