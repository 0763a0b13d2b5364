/**
 * Owns the bugs that the simulation is shown to find: a simulator that finds nothing proves nothing. Each is planted from outside,
 * for the time of one run: by settings that are not what the checker believes, by a disk that lies, or by replacing a public method.
 *
 * Invariant: without its bug the seed that finds it passes, so that it is the bug that was found.
 */

import type { OutgoingMessage, SendOptions, SendResult } from '@rocketmq-ts/client';
import type { Platform } from '@rocketmq-ts/platform';
import { DelayLevelRunner } from '#broker/delay/delay-level-runner';
import { RebalanceLocks } from '#broker/lock/rebalance-locks';
import { ConsumerOffsetTable } from '#broker/offset/consumer-offset-table';
import { MessageRouter } from '#broker/send/message-router';
import { SendCompletion } from '#broker/send/send-completion';
import { TransactionCheck } from '#broker/transaction/transaction-check';
import { AllocateMessageQueueAveragely } from '#client/consumer/allocate/averagely';
import { ProcessQueue } from '#client/consumer/process-queue';
import { PushConsumer } from '#client/consumer/push-consumer';
import { SendBack } from '#client/consumer/send-back';
import { MessageSender } from '#client/producer/message-sender';
import { QueueFiles } from '#store/queue/queue-files';
import { RecordDispatcher } from '#store/queue/record-dispatcher';
import { LogScanner } from '#store/recovery/log-scanner';
import type { Overrides } from './cluster.ts';
import { type Lies, lyingFileSystem } from './lying-file-system.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { type Fault, type Scenario, scenarioOf } from './scenario.ts';
import type { SimHost } from './sim-host.ts';

export interface PlantedBug {
  readonly name: string;
  /** Seeds that could find it; others are passed over. */
  readonly fits: (scenario: Scenario) => boolean;
  /** It is found by the first so many of those, or the test fails. */
  readonly seeds: number;
  /** Brings about what few seeds do. */
  readonly shape?: (scenario: Scenario) => Scenario;
  readonly overrides?: Overrides;
  /** Answers how to take it out again. */
  readonly plant?: () => () => void;
}

export interface Found {
  readonly seed: number;
  readonly seedsTried: number;
  readonly violation: string;
}

/** Undefined when none of its seeds finds the bug. Throws when a seed fails without it. */
export async function find(bug: PlantedBug): Promise<Found | undefined> {
  for (let seed = 1, tried = 0; tried < bug.seeds; seed++) {
    const drawn = scenarioOf(seed);
    if (!bug.fits(drawn)) continue;
    tried++;
    const scenario = bug.shape?.(drawn) ?? drawn;
    const result = await runPlanted(bug, scenario);
    if (result.violations.length === 0) continue;
    const without = await runSeed(seed, { scenario });
    if (without.violations.length > 0)
      throw new Error(`seed ${seed} fails without the bug "${bug.name}" too: ${without.violations[0]}`);
    return { seed, seedsTried: tried, violation: result.violations[0] as string };
  }
  return undefined;
}

async function runPlanted(bug: PlantedBug, scenario: Scenario): Promise<SeedResult> {
  const takeOut = bug.plant?.();
  try {
    return await runSeed(scenario.seed, {
      scenario,
      ...(bug.overrides === undefined ? {} : { overrides: bug.overrides }),
    });
  } finally {
    takeOut?.();
  }
}

/** Replaces a method until the answer is called. */
function replace<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]) {
  const original = target[name];
  target[name] = make(original);
  return (): void => {
    target[name] = original;
  };
}

const has = (scenario: Scenario, ...kinds: Fault['kind'][]): boolean =>
  scenario.faults.some((fault) => kinds.includes(fault.kind));
const losesPower = (scenario: Scenario): boolean =>
  scenario.faults.some(
    (fault) =>
      (fault.kind === 'power' && fault.broker === 0) ||
      (fault.kind === 'crash-at-operation' && fault.broker === 0 && fault.powerSeed !== undefined),
  );
const dies = (scenario: Scenario): boolean => has(scenario, 'kill', 'crash-at-operation', 'power');
const isQuiet = (scenario: Scenario): boolean => scenario.faults.length === 0;
const isSync = ({ flushDiskType, replication }: Scenario): boolean =>
  flushDiskType === 'SYNC_FLUSH' && replication === 'none';

const withFaults =
  (...faults: Fault[]) =>
  (scenario: Scenario): Scenario => ({ ...scenario, faults });

const brokerDisk = (lies: (platform: Platform, host: SimHost) => Lies): Overrides => ({
  wrapPlatform: (platform, host) =>
    host.address.startsWith('10.0.2.')
      ? { ...platform, fileSystem: lyingFileSystem(platform.fileSystem, lies(platform, host)) }
      : platform,
});

const isLog = (path: string): boolean => path.includes('/commitlog/');

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a send is acknowledged before the sync',
    fits: (scenario) => isSync(scenario) && losesPower(scenario),
    seeds: 15,
    overrides: { brokerSettings: { flushDiskType: 'ASYNC_FLUSH' } },
  },
  {
    name: 'the log is synced less often than it is said to be',
    fits: (scenario) =>
      scenario.flushDiskType === 'ASYNC_FLUSH' &&
      scenario.replication === 'none' &&
      scenario.flushCommitLogThoroughMs === 1000 &&
      scenario.sendEveryMs < 800 &&
      scenario.bodyBytes < 1500 &&
      scenario.faults.some((fault) => fault.kind === 'power' && fault.atMs > 6000),
    seeds: 20,
    overrides: { brokerSettings: { flushCommitLogThoroughInterval: '60000' } },
  },
  {
    name: 'the log is never synced',
    fits: (scenario) => isSync(scenario) && losesPower(scenario),
    seeds: 15,
    overrides: brokerDisk(() => ({
      datasync: (file) => (isLog(file.path) ? Promise.resolve() : file.datasync()),
    })),
  },
  {
    name: 'a failed sync is ignored',
    fits: (scenario) => isSync(scenario) && scenario.sendEveryMs === 100,
    seeds: 15,
    shape: withFaults(
      { kind: 'disk-errors', atMs: 3000, broker: 0, forMs: 2000, operation: 'datasync', chance: 1 },
      { kind: 'power', atMs: 4000, broker: 0, downMs: 200, powerSeed: 12, silently: false },
    ),
    overrides: brokerDisk(() => ({
      datasync: (file) => file.datasync().catch(() => {}),
    })),
  },
  {
    name: 'a send is acknowledged before the operating system has it',
    fits: (scenario) =>
      has(scenario, 'kill') && scenario.replication === 'none' && scenario.sendEveryMs === 100,
    seeds: 20,
    overrides: brokerDisk(({ clock }) => ({
      write: (file, source, sourceOffset, length, position) => {
        if (!isLog(file.path)) return file.writeSync(source, sourceOffset, length, position);
        const bytes = Buffer.from(source.subarray(sourceOffset, sourceOffset + length));
        clock.setTimeout(() => file.writeSync(bytes, 0, length, position), 300);
        return length;
      },
    })),
  },
  {
    name: 'a short write counts as a whole one',
    fits: (scenario) => scenario.shortChance > 0 && dies(scenario) && scenario.sendEveryMs < 800,
    seeds: 20,
    overrides: brokerDisk(() => ({
      write: (file, source, sourceOffset, length, position) => {
        file.writeSync(source, sourceOffset, length, position);
        return length;
      },
    })),
  },
  {
    name: 'the start cuts off the last record of the log',
    fits: (scenario) => scenario.replication === 'none' && has(scenario, 'kill', 'crash-at-operation'),
    seeds: 10,
    plant: () =>
      replace(
        LogScanner.prototype,
        'scan',
        (original) =>
          async function scan(this: LogScanner, ...args) {
            const result = await original.apply(this, args);
            const { lastRecordOffset } = result;
            return lastRecordOffset < 0 ? result : { ...result, endOffset: lastRecordOffset };
          },
      ),
  },
  {
    name: 'new files are forgotten by a power cut',
    fits: (scenario) => isSync(scenario) && losesPower(scenario),
    seeds: 20,
    overrides: brokerDisk(() => ({ syncFolder: () => Promise.resolve() })),
  },
  {
    name: 'the queues are not replayed after a crash',
    fits: (scenario) => scenario.replication === 'none' && dies(scenario),
    seeds: 20,
    plant: () => replace(RecordDispatcher.prototype, 'dispatch', () => () => {}),
  },
  {
    name: 'the checkpoint moves before the queues are durable',
    fits: (scenario) =>
      isSync(scenario) &&
      losesPower(scenario) &&
      scenario.brokerSettings.flushConsumeQueueThoroughInterval === '2000',
    seeds: 40,
    plant: () => replace(QueueFiles.prototype, 'sync', () => async () => {}),
  },
  {
    name: 'a send is acknowledged before the slave has it',
    fits: ({ replication, faults }) =>
      replication === 'sync' && faults.some(({ kind }) => kind === 'promote'),
    seeds: 40,
    shape: (scenario) => ({
      ...scenario,
      sendEveryMs: 50,
      latencyMs: { min: 5, max: 20 },
      faults: scenario.faults.filter(({ kind }) => kind === 'promote'),
    }),
    plant: () =>
      replace(
        SendCompletion.prototype,
        'answer',
        (original) =>
          function answer(this: SendCompletion, ...args) {
            args[4] = false;
            original.apply(this, args);
          },
      ),
  },
  {
    name: 'the broker stores an offset one too high',
    fits: isQuiet,
    seeds: 5,
    plant: () =>
      replace(
        ConsumerOffsetTable.prototype,
        'tryCommit',
        (original) =>
          function tryCommit(this: ConsumerOffsetTable, group, topic, queueId, offset, address) {
            return original.call(this, group, topic, queueId, offset + 1, address);
          },
      ),
  },
  {
    name: 'what is pulled is committed, not what is consumed',
    fits: (scenario) => scenario.listenerMs === 200 && !scenario.orderly && scenario.sendEveryMs === 100,
    seeds: 10,
    plant: () => {
      const original = Object.getOwnPropertyDescriptor(
        ProcessQueue.prototype,
        'minOffset',
      ) as PropertyDescriptor;
      Object.defineProperty(ProcessQueue.prototype, 'minOffset', {
        configurable: true,
        get(this: ProcessQueue): number {
          return this.isEmpty ? -1 : this.maxOffset + 1;
        },
      });
      return () => Object.defineProperty(ProcessQueue.prototype, 'minOffset', original);
    },
  },
  {
    name: 'a pulled message is passed over',
    fits: isQuiet,
    seeds: 5,
    plant: () => {
      let count = 0;
      return replace(
        ProcessQueue.prototype,
        'put',
        (original) =>
          function put(this: ProcessQueue, messages) {
            return original.call(
              this,
              messages.filter(() => ++count % 10 !== 0),
            );
          },
      );
    },
  },
  {
    name: 'a message to be retried is let go',
    fits: (scenario) => scenario.laterChance > 0 && !scenario.orderly && scenario.sendEveryMs < 800,
    seeds: 5,
    plant: () => replace(SendBack.prototype, 'sendBack', () => async () => {}),
  },
  {
    name: 'a retry is answered before it is on disk',
    fits: (scenario) =>
      isSync(scenario) && !scenario.orderly && scenario.sendEveryMs === 100 && scenario.consumers === 1,
    seeds: 30,
    shape: (scenario) => ({
      ...scenario,
      laterChance: 0.5,
      faults: [
        { kind: 'slow-disk', atMs: 2000, broker: 0, forMs: 8000, latencyMs: 300 },
        { kind: 'power', atMs: 5000, broker: 0, downMs: 200, powerSeed: scenario.seed, silently: false },
      ],
    }),
    plant: () => replace(SendCompletion.prototype, 'isSafe', () => async () => true),
  },
  {
    name: 'a half message is visible',
    fits: (scenario) => scenario.transactionChance > 0,
    seeds: 3,
    plant: () => replace(MessageRouter.prototype, 'prepare', () => () => {}),
  },
  {
    name: 'open transactions are not asked about',
    fits: (scenario) => scenario.transactionChance > 0,
    seeds: 10,
    plant: () => replace(TransactionCheck.prototype, 'run', () => async () => {}),
  },
  {
    name: 'delayed messages are forgotten by a restart',
    fits: (scenario) =>
      scenario.delayChance > 0 && has(scenario, 'kill', 'restart') && scenario.sendEveryMs < 800,
    seeds: 15,
    plant: () =>
      replace(
        DelayLevelRunner.prototype,
        'start',
        (original) =>
          function start(this: DelayLevelRunner) {
            this.offset = Number.MAX_SAFE_INTEGER;
            original.call(this);
          },
      ),
  },
  {
    name: 'a message that was stored is sent again',
    fits: isQuiet,
    seeds: 5,
    plant: () => {
      let count = 0;
      type Send = (message: OutgoingMessage, options?: SendOptions) => Promise<SendResult>;
      return replace(
        MessageSender.prototype as { send: Send },
        'send',
        (original) =>
          async function send(this: { send: Send }, message, options) {
            const result = await original.call(this, message, options);
            return ++count % 10 === 0 ? original.call(this, message, options) : result;
          },
      );
    },
  },
  {
    name: 'a queue is given to every member',
    fits: (scenario) => isQuiet(scenario) && scenario.consumers > 1,
    seeds: 5,
    plant: () =>
      replace(AllocateMessageQueueAveragely.prototype, 'allocate', () => (_group, _id, queues) => [
        ...queues,
      ]),
  },
  {
    name: 'a queue is given to no member',
    fits: (scenario) => isQuiet(scenario) && scenario.queues > 1,
    seeds: 5,
    plant: () =>
      replace(
        AllocateMessageQueueAveragely.prototype,
        'allocate',
        (original) =>
          function allocate(this: AllocateMessageQueueAveragely, group, id, queues, ids) {
            return original
              .call(this, group, id, queues, ids)
              .filter(({ topic, queueId }) => topic.startsWith('%') || queueId !== 1);
          },
      ),
  },
  {
    name: 'an orderly queue is taken without its lock',
    fits: (scenario) => isQuiet(scenario) && scenario.orderly && scenario.consumers > 1,
    seeds: 10,
    shape: (scenario) => ({ ...scenario, listenerMs: 200, sendEveryMs: 100 }),
    plant: () => {
      const both = [
        replace(RebalanceLocks.prototype, 'lock', () => (_group, _clientId, queues) => [...queues]),
        replace(AllocateMessageQueueAveragely.prototype, 'allocate', () => (_group, _id, queues) => [
          ...queues,
        ]),
      ];
      return () => {
        for (const undo of both) undo();
      };
    },
  },
  {
    name: 'an orderly listener is called for several messages of a queue at a time',
    fits: (scenario) => scenario.orderly && scenario.listenerMs === 200 && scenario.sendEveryMs === 100,
    seeds: 10,
    plant: () =>
      replace(
        PushConsumer.prototype,
        'registerMessageListenerOrderly',
        () =>
          function register(this: PushConsumer, listener) {
            this.registerMessageListener(async (messages, context) => {
              const status = await listener(messages, context as never);
              return status === 'SUCCESS' ? 'CONSUME_SUCCESS' : 'RECONSUME_LATER';
            });
          },
      ),
  },
];
