/**
 * What our broker needs when there is much of something: `node benchmarks/dist/scale.js [topic-queues|topics|groups|delay]…`. Figures go
 * to benchmarks/scale.json, each with its date and commit.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#interop/java-library';
import { delayAccuracy } from './scale/delay-accuracy.ts';
import { manyGroups } from './scale/many-groups.ts';
import { topicQueues } from './scale/topic-queues.ts';

const scenarios = new Map<string, () => Promise<Readonly<Record<string, number>>>>([
  ['topic-queues', () => topicQueues(1000)],
  ['topics', () => topicQueues(25_000)],
  ['groups', manyGroups],
  ['delay', delayAccuracy],
]);

const file = join(root, 'benchmarks/scale.json');
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
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const date = new Date().toISOString().slice(0, 10);
  all[name] = { date, commit: commit.stdout.trim(), ...figures };
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}
process.exit(0);
