/** One program of a README, run to its end beside the checkout's packages. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ATTEMPTS, gaveUp } from '../interop/harness/gave-up.ts';
import { Program } from '../interop/harness/program.ts';

/**
 * `folder` lies inside the checkout, so that the packages are found by name. Fails unless the program ends with 0; one that gave
 * up waiting is run again.
 */
export async function runReadmeSample(
  folder: string,
  index: number,
  sample: string,
  namesrvAddr: string,
  attempt = 1,
): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `sample-${index + 1}.mjs`);
  writeFileSync(file, sample);
  const program = Program.start({
    name: `sample ${index + 1}`,
    command: process.execPath,
    args: [file],
    env: { NAMESRV_ADDR: namesrvAddr },
  });
  const exit = await program.waitForExit(40_000);
  if (exit.code !== 0 && attempt < ATTEMPTS && gaveUp(program)) {
    return runReadmeSample(folder, index, sample, namesrvAddr, attempt + 1);
  }
  assert.equal(exit.code, 0, [...program.lines, ...program.errorLines].join('\n'));
  return program;
}
