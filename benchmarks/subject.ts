/**
 * One of the two brokers under measurement, with a name server of its own kind. While one is measured the other one is
 * stopped (SIGSTOP), so that its background work does not count.
 */
import { startJavaBroker, startJavaNamesrv } from '#interop/java';
import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { killPair, type Pair, sleep } from '#interop/pair';
import { commandOf, cpuSeconds, type MemoryMib, memoryMib } from './process-usage.ts';

export type SubjectName = 'ours' | 'java';
export const SUBJECTS: readonly SubjectName[] = ['ours', 'java'];

/** The JVM that the measurements are made with: the collector of 4.4.0's runbroker.sh, a heap for this size of machine. */
export const JAVA_ARGS = ['-server', '-Xms1g', '-Xmx1g', '-XX:+UseG1GC', '-XX:-UsePerfData'];
/** For memory and start-up: the small heap that the users' notes recommend. */
export const JAVA_SMALL_ARGS = ['-server', '-Xms256m', '-Xmx256m', '-XX:-UsePerfData'];

/** Background work (queue files, index, statistics) that follows the last answer belongs to the messages too. */
const SETTLE_MS = 500;

export type Config = Readonly<Record<string, string | number | boolean>>;

export class Subject {
  readonly name: SubjectName;
  readonly #pair: Pair;

  static async start(name: SubjectName, config: Config = {}, javaArgs = JAVA_ARGS): Promise<Subject> {
    const namesrv = name === 'ours' ? await startOurNamesrv() : await startJavaNamesrv();
    const options = {
      namesrvAddr: namesrv.address,
      brokerName: `broker-${name}`,
      config: { mapedFileSizeCommitLog: 1024 * 1024 * 1024, brokerFastFailureEnable: true, ...config },
      javaArgs,
    };
    const broker = name === 'ours' ? await startOurBroker(options) : await startJavaBroker(options);
    return new Subject(name, { namesrv, broker });
  }

  private constructor(name: SubjectName, pair: Pair) {
    this.name = name;
    this.#pair = pair;
    const command = commandOf(this.pid);
    if (command === 'sh')
      throw new Error(`bin/mqbroker must replace itself by node: ${this.pid} is ${command}`);
  }

  get port(): number {
    return this.#pair.broker.port;
  }

  get address(): string {
    return this.#pair.broker.address;
  }

  get namesrvAddr(): string {
    return this.#pair.namesrv.address;
  }

  get pid(): number {
    return this.#pair.broker.program.pid;
  }

  memoryMib(): MemoryMib {
    return memoryMib(this.pid);
  }

  /** What the broker's process used while `work` ran, and after it until it had settled. */
  async measure<T>(work: () => Promise<T>): Promise<{ result: T; cpuSeconds: number }> {
    const before = cpuSeconds(this.pid);
    const result = await work();
    await sleep(SETTLE_MS);
    return { result, cpuSeconds: cpuSeconds(this.pid) - before };
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    process.kill(this.pid, 'SIGCONT');
    await sleep(200);
  }

  async stop(): Promise<void> {
    process.kill(this.pid, 'SIGCONT');
    await killPair(this.#pair);
  }
}

/** Both brokers, one after the other. */
export async function startBoth(config: Config = {}): Promise<Subject[]> {
  const subjects: Subject[] = [];
  try {
    for (const name of SUBJECTS) subjects.push(await Subject.start(name, config));
  } catch (error) {
    for (const subject of subjects) await subject.stop();
    throw error;
  }
  return subjects;
}
