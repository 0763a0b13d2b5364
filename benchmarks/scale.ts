/**
 * What our broker needs when there is much of something: `node benchmarks/dist/scale.js [topic-queues|topics|groups|delay|restart]…`. Figures go
 * to benchmarks/scale.json, each with its date and commit, and from there to RESULTS.md.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#interop/java-library';
import { report } from './report.ts';
import { readRows } from './results.ts';
import { delayAccuracy } from './scale/delay-accuracy.ts';
import { manyGroups } from './scale/many-groups.ts';
import { restart } from './scale/restart.ts';
import { topicQueues } from './scale/topic-queues.ts';
import { readScale, scaleFile } from './scale-report.ts';

const scenarios = new Map<string, () => Promise<Readonly<Record<string, number>>>>([
  ['topic-queues', () => topicQueues(1000)],
  ['topics', () => topicQueues(25_000)],
  ['groups', manyGroups],
  ['delay', delayAccuracy],
  ['restart', restart],
]);

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...scenarios.keys()];
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
for (const name of wanted) {
  const scenario = scenarios.get(name);
  if (scenario === undefined) {
    console.error(`There is no ${name}: ${[...scenarios.keys()].join(', ')}`);
    process.exit(2);
  }
  const figures = await scenario();
  console.log(name, figures);
  const date = new Date().toISOString().slice(0, 10);
  const all = { ...readScale(), [name]: { date, commit: commit.stdout.trim(), ...figures } };
  writeFileSync(scaleFile, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(join(root, 'benchmarks/RESULTS.md'), report(readRows(join(root, 'benchmarks/results.json'))));
}
process.exit(0);
