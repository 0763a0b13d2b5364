/** The official Java client as load generator: a warm virtual machine per broker, told to send rounds. */
import { startJavaMain } from '#interop/java';
import type { Program } from '#interop/program';
import { cpuSeconds } from '../process-usage.ts';
import { JAVA_ARGS } from '../subject.ts';
import type { LoadResult } from './load-request.ts';

const ROUND_TIMEOUT_MS = 180_000;

export class JavaClientLoad {
  readonly #program: Program;
  #results: ((line: string) => void) | undefined;

  static async start(namesrvAddr: string, topic: string, threads: number): Promise<JavaClientLoad> {
    let load: JavaClientLoad | undefined;
    const program = await startJavaMain('ClientLoad', [namesrvAddr, topic, String(threads)], {
      javaArgs: JAVA_ARGS,
      onLine: (line) => load?.line(line),
    });
    load = new JavaClientLoad(program);
    return load;
  }

  private constructor(program: Program) {
    this.#program = program;
  }

  line(line: string): void {
    if (line.startsWith('RESULT ')) this.#results?.(line);
  }

  async run(count: number, bodyBytes: number): Promise<LoadResult> {
    const before = cpuSeconds(this.#program.pid);
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no result of the Java client in ${ROUND_TIMEOUT_MS} ms`)),
        ROUND_TIMEOUT_MS,
      );
      this.#results = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      this.#program.write(`${count} ${bodyBytes}\n`);
    });
    const [acknowledged, errors, seconds, p50, p99, p999, max] = line.split(' ').slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const generatorCpuSeconds = cpuSeconds(this.#program.pid) - before;
    return { count: acknowledged, errors, seconds, latencyUs: { p50, p99, p999, max }, generatorCpuSeconds };
  }

  async stop(): Promise<void> {
    await this.#program.kill();
  }
}
