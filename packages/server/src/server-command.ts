/**
 * `rocketmq-ts` (`npm start`): starts name server and broker in this process, checks them by really sending and receiving
 * a message, and says where things are and what to try next.
 */
import path from 'node:path';
import { parseServerArguments, serverUsage } from './arguments/server-arguments.ts';
import { FileLogger } from './log/file-logger.ts';
import { OneProcessServer, type OneProcessServerOptions } from './one-process-server.ts';
import { runDaemon } from './process/daemon.ts';
import { rocketmqHome } from './process/environment.ts';
import { selfCheck } from './self-check.ts';

/** As RocketMQ's exporter. */
const METRICS_PORT = 5557;

export async function runServerCommand(args: readonly string[]): Promise<void> {
  const { help, ...options } = parseServerArguments(args, process.env);
  if (help) {
    console.log(serverUsage);
    return;
  }
  const log = new FileLogger(path.join(options.dataFolder, 'logs', 'rocketmq-ts.log'));
  let server: OneProcessServer | undefined;
  const daemon = await runDaemon({
    kind: 'server',
    program: 'rocketmq-ts',
    log,
    async start(fail) {
      server = await startServer({ ...options, logger: log, onFatal: fail });
      const { brokerPort, bootLines } = server;
      return { listenPort: brokerPort, bootLines, stop: () => server!.stop() };
    },
  });
  if (daemon.stopping || server === undefined) return;
  try {
    const elapsedMs = await selfCheck(server.namesrvAddr, server.clientTls);
    console.log(`Self-check passed: sent a message and received it, ${elapsedMs} ms.\n`);
  } catch (error) {
    if (daemon.stopping) return;
    throw new Error('the self-check failed: the servers run, but a message did not come through', {
      cause: error,
    });
  }
  console.log(guide(server, options.dataFolder, log.path));
}

interface StartOptions extends OneProcessServerOptions {
  readonly brokerConfig: ReadonlyMap<string, string>;
}

/** With figures for Prometheus unless the user says otherwise; where their usual port is taken, at another one. */
async function startServer(options: StartOptions): Promise<OneProcessServer> {
  const given = options.brokerConfig;
  const brokerConfig = new Map([['metricsEnable', 'true'], ...given]);
  try {
    return await OneProcessServer.start({ ...options, brokerConfig });
  } catch (error) {
    if (given.has('metricsPort') || takenPort(error) !== METRICS_PORT) throw error;
    return await OneProcessServer.start({ ...options, brokerConfig: brokerConfig.set('metricsPort', '0') });
  }
}

function takenPort(error: unknown): number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'port' in cause ? Number(cause.port) : undefined;
}

function guide(server: OneProcessServer, dataFolder: string, logPath: string): string {
  const { namesrvAddr, brokerAddr, brokerConfig, metricsUrl } = server;
  const { brokerName, brokerClusterName, storePathRootDir } = brokerConfig.values;
  const environment = namesrvAddr.endsWith(':9876') ? '' : `NAMESRV_ADDR=${namesrvAddr} `;
  const tools =
    rocketmqHome() === process.cwd() ? `${environment}sh bin/tools.sh` : `${environment}npx mqtools`;
  return `Name server  ${namesrvAddr}
Broker       ${brokerAddr}  (${brokerName} of ${brokerClusterName})
Store        ${relative(storePathRootDir)}
Log          ${relative(logPath)}${metricsUrl === undefined ? '' : `\nMetrics      ${metricsUrl}`}

Try next, in another terminal:
  ${tools} Producer     sends 1,000 messages to TopicTest
  ${tools} Consumer     receives them, until Ctrl-C
Any RocketMQ 4.x client works too, in any language: its name server is ${namesrvAddr}.
Other ports, another folder: --help. Delete ${relative(dataFolder)} to start afresh. Stop with Ctrl-C.`;

  function relative(file: string): string {
    const short = path.relative(process.cwd(), file);
    return short.startsWith('..') ? file : `./${short}`;
  }
}
