/** Builds `failing-io.c`, which makes chosen calls of a program fail on real files. Needs gcc and Linux. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './java-library.ts';
import { temporaryFolder } from './server.ts';

/** A call of the program that opens, reads, lists or changes something in the folder. */
export interface IoCall {
  readonly number: number;
  readonly outcome: 'failed' | 'short' | 'passed';
  readonly kind: string;
  /** Below the folder, with a leading slash. */
  readonly path: string;
}

/** What is missing on this machine, in words; undefined when calls can be made to fail. */
export function missingForFaults(): string | undefined {
  if (process.platform !== 'linux') return 'calls can be made to fail on Linux only';
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is not on the PATH';
}

let built: string | undefined;

/** The shared library, built once per process. */
export function faultLibrary(): string {
  if (built !== undefined) return built;
  const source = join(root, 'test/interop/harness/failing-io.c');
  const target = join(temporaryFolder('failing-io'), 'failing-io.so');
  const args = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror', '-o', target, source, '-ldl'];
  const gcc = spawnSync('gcc', args, { encoding: 'utf8' });
  if (gcc.status !== 0) throw new Error(`gcc cannot build ${source}: ${gcc.error ?? gcc.stderr}`);
  built = target;
  return target;
}

/**
 * The environment of a program that is to fail. `call` 0: none, they are only counted. With `only`, calls count whose kind and
 * path begin so: `sync /commitlog/`. SHORT counts reads and writes alone.
 */
export function faultEnvironment(
  folder: string,
  log: string,
  call: number,
  how: string,
  only = '',
): Record<string, string> {
  return {
    LD_PRELOAD: faultLibrary(),
    FAILING_IO_FOLDER: folder,
    FAILING_IO_LOG: log,
    FAILING_IO_CALL: String(call),
    FAILING_IO_ONLY: only,
    FAILING_IO_HOW: how,
  };
}

/** The calls that there were, as the library wrote them down. */
export function readCalls(log: string): IoCall[] {
  const calls: IoCall[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const match = /^(\d+) (failed|short|passed) (\w+) (.*)$/.exec(line);
    if (match === null) continue;
    const [, number, outcome, kind = '', path = ''] = match;
    calls.push({ number: Number(number), outcome: outcome as IoCall['outcome'], kind, path });
  }
  return calls;
}
