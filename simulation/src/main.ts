/** Runs seeds from the command line, to look at one closely: `node simulation/dist/src/main.js FROM [COUNT] [-v]`. */
import type { LogFields, Logger } from '@rocketmq-ts/platform';
import { silentLogger } from '@rocketmq-ts/platform';
import type { History } from './history.ts';
import { runSeed } from './run-seed.ts';

const [from = '1', count = '1'] = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const verbose = process.argv.includes('-v');

const print =
  (level: string) =>
  (message: string, fields: LogFields = {}): void => {
    const { error, ...rest } = fields;
    const text = error instanceof Error ? error.message : '';
    process.stdout.write(`  ${level} ${message} ${text} ${JSON.stringify(rest)}\n`);
  };
const logger: Logger = { info: print('info'), warn: print('warn'), error: print('error') };

/** Everything about an id or a queue. */
function printHistory(history: History, word: string): void {
  const lines: [number, string][] = [];
  for (const each of history.sends)
    if (each.id === word || each.queue === word) lines.push([each.invokedMs, `send ${JSON.stringify(each)}`]);
  for (const each of history.deliveries)
    if (each.id === word || each.queue === word)
      lines.push([each.startMs, `deliver ${JSON.stringify(each)}`]);
  for (const each of history.storedOffsets)
    if (each.queue === word) lines.push([each.atMs, `offset ${each.offset}`]);
  for (const each of history.disturbances) lines.push([each.fromMs, `${each.what} until ${each.toMs}`]);
  lines.sort((a, b) => a[0] - b[0]);
  for (const [ms, line] of lines) process.stdout.write(`${ms} ${line}\n`);
}

const shown = process.argv.filter((arg) => arg.startsWith('-s')).map((arg) => arg.slice(2));
let failed = 0;
const began = performance.now();
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const start = performance.now();
  const result = await runSeed(seed, { logger: verbose ? logger : silentLogger });
  const { scenario, violations, history, ...rest } = result;
  for (const word of shown) printHistory(history, word);
  const ms = Math.round(performance.now() - start);
  if (violations.length > 0) {
    failed++;
    process.stdout.write(`${JSON.stringify({ ...rest, ms })}\n${JSON.stringify(scenario)}\n`);
    for (const violation of violations) process.stdout.write(`  ${violation}\n`);
  } else if (Number(count) < 30) process.stdout.write(`${JSON.stringify({ ...rest, ms })}\n`);
}
process.stdout.write(
  `${count} seeds, ${failed} failed, ${Math.round((performance.now() - began) / Number(count))} ms each\n`,
);
