/**
 * Where the official 4.4.0 programs come from: Maven copies them once into .cache/rocketmq-4.4.0/lib, the small
 * drivers of test/interop/java are compiled once beside them.
 *
 * Invariant: the folders appear complete or not at all (made under another name, then renamed), and one process at
 * a time makes them, since test files run side by side.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. This file runs as test/dist/interop/harness/java-library.js. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const cache = join(root, '.cache/rocketmq-4.4.0');
const MAVEN_ATTEMPTS = 3;
const MAVEN_TIMEOUT_MS = 300_000;
const LOCK_TIMEOUT_MS = 900_000;

export interface JavaLibrary {
  readonly java: string;
  /** The folder with the jars of 4.4.0. */
  readonly jars: string;
  /** The folder with the compiled drivers. */
  readonly drivers: string;
  readonly classPath: string;
}

/** What is missing on this machine, in words; undefined when the official programs can be had. */
export function missingForJava(): string | undefined {
  const java = spawnSync(javaCommand('java'), ['-version'], { encoding: 'utf8' });
  const version = /version "(?:1\.)?(\d+)/.exec(`${java.stderr}${java.stdout}`)?.[1];
  if (version === undefined) return 'no JDK found (java is neither in JAVA_HOME nor on the PATH)';
  if (Number(version) < 17) return `java is version ${version}, 17 or newer is needed`;
  if (spawnSync(javaCommand('javac'), ['-version']).status !== 0) return 'no JDK found: java, but no javac';
  if (!existsSync(join(cache, 'lib')) && spawnSync('mvn', ['-v']).status !== 0)
    return 'Maven not found (mvn is not on the PATH)';
  return undefined;
}

let library: Promise<JavaLibrary> | undefined;

/** Everything that is needed to run the official programs; the first call on a machine asks Maven for them. */
export function javaLibrary(): Promise<JavaLibrary> {
  library ??= prepare();
  return library;
}

async function prepare(): Promise<JavaLibrary> {
  const missing = missingForJava();
  if (missing) throw new Error(`the official RocketMQ programs cannot run here: ${missing}`);
  const jars = join(cache, 'lib');
  const drivers = join(cache, `drivers-${sourcesHash()}`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(jars) || !existsSync(drivers)) {
    const unlock = await lock(join(cache, 'lock'));
    try {
      if (!existsSync(jars)) await copyJars(jars);
      if (!existsSync(drivers)) compileDrivers(jars, drivers);
    } finally {
      unlock();
    }
  }
  return { java: javaCommand('java'), jars, drivers, classPath: `${drivers}:${join(jars, '*')}` };
}

function javaCommand(name: string): string {
  const home = process.env.JAVA_HOME;
  return home && existsSync(join(home, 'bin', name)) ? join(home, 'bin', name) : name;
}

async function copyJars(target: string): Promise<void> {
  const unfinished = `${target}.${process.pid}`;
  const pom = join(root, 'test/interop/pom.xml');
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
  let output = '';
  for (let attempt = 1; attempt <= MAVEN_ATTEMPTS; attempt++) {
    rmSync(unfinished, { recursive: true, force: true });
    const result = await run('mvn', args, MAVEN_TIMEOUT_MS);
    output = result.output;
    if (result.code === 0 && existsSync(join(unfinished, 'rocketmq-broker-4.4.0.jar'))) {
      renameSync(unfinished, target);
      return;
    }
  }
  throw new Error(
    `Maven could not copy the RocketMQ 4.4.0 artifacts in ${MAVEN_ATTEMPTS} attempts; its last words:\n` +
      output.slice(-3000),
  );
}

function compileDrivers(jars: string, target: string): void {
  const unfinished = `${target}.${process.pid}`;
  const sources = driverSources();
  const args = ['-nowarn', '-encoding', 'UTF-8', '-cp', join(jars, '*'), '-d', unfinished, ...sources];
  const result = spawnSync(javaCommand('javac'), args, { encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`javac could not compile test/interop/java:\n${result.stderr}${result.error ?? ''}`);
  renameSync(unfinished, target);
}

function driverSources(): string[] {
  const folder = join(root, 'test/interop/java');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.java'))
    .sort()
    .map((name) => join(folder, name));
}

function sourcesHash(): string {
  const hash = createHash('sha1');
  for (const source of driverSources()) hash.update(source).update(readFileSync(source));
  return hash.digest('hex').slice(0, 12);
}

function run(
  command: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
      });
    child.once('error', (error) => resolve({ code: -1, output: String(error) }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** A file with our process id; one whose process is gone is taken over. */
async function lock(path: string): Promise<() => void> {
  const deadlineMs = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      writeSync(openSync(path, 'wx'), String(process.pid));
      return () => rmSync(path, { force: true });
    } catch {
      if (!isHeld(path)) rmSync(path, { force: true });
      else if (Date.now() > deadlineMs) throw new Error(`${path} is held for too long by another process`);
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function isHeld(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8');
    if (text === '') return true; // being written
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
