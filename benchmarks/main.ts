/**
 * `npm run bench`: measures our broker beside the Java 4.4.0 broker. A full run renews benchmarks/results.json and
 * RESULTS.md; a quick one only prints.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missingForJava, root } from '#interop/java-library';
import { LoadProcess } from './load/load-process.ts';
import { report } from './report.ts';
import { mergeRows, type Row, readRows, writeRows } from './results.ts';
import type { RoundSettings } from './rounds.ts';
import { loads } from './scenarios/loads.ts';
import { processes } from './scenarios/process.ts';
import { syncFlush } from './scenarios/sync-flush.ts';

const scenarios = [loads, syncFlush, processes];
const ids = scenarios.flatMap(({ rows }) => rows.map(({ id }) => id));
const FULL: RoundSettings = { rounds: 5, stableWithin: 0.05, minWarmUps: 2, maxWarmUps: 6 };
const QUICK: RoundSettings = { rounds: 1, stableWithin: 1, minWarmUps: 1, maxWarmUps: 1 };
const QUICK_SCALE = 0.1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});
if (values.list) {
  for (const { rows } of scenarios)
    for (const { id, title } of rows) console.log(`${id.padEnd(28)} ${title}`);
  process.exit(0);
}
const wanted = new Set(
  positionals.length === 0 ? ids : ids.filter((id) => positionals.some((word) => id.includes(word))),
);
if (wanted.size === 0) {
  console.error(`No row has ${positionals.join(' or ')} in its id; --list shows them.`);
  process.exit(2);
}
const missing = missingForJava();
if (missing) {
  console.error(`The benchmarks compare with the official broker, which cannot run here: ${missing}.`);
  process.exit(1);
}

const usual = values.quick ? QUICK : FULL;
const settings = values.rounds ? { ...usual, rounds: Number(values.rounds) } : usual;
const generator = new LoadProcess();
const context = {
  generator,
  settings,
  scale: values.quick ? QUICK_SCALE : 1,
  log: (line: string) => console.log(line),
};
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
  cwd: root,
  encoding: 'utf8',
}).stdout.trim();
const date = new Date().toISOString().slice(0, 10);
const rows: Row[] = [];
for (const scenario of scenarios) {
  if (!scenario.rows.some(({ id }) => wanted.has(id))) continue;
  const measured = await scenario.run(context, wanted);
  rows.push(...measured.map((row) => ({ ...row, date, commit, rounds: settings.rounds })));
  if (!values.quick && !process.env.INTEROP_OURS) save(rows);
}
generator.stop();
console.log(`\n${report(mergeRows([], rows, ids))}`);
process.exit(0);

/** After each scenario, so that an interrupted run keeps what it has. */
function save(fresh: readonly Row[]): void {
  const file = join(root, 'benchmarks/results.json');
  const all = mergeRows(readRows(file), fresh, ids);
  writeRows(file, all);
  writeFileSync(join(root, 'benchmarks/RESULTS.md'), report(all));
}
