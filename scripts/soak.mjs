/**
 * `npm run soak NAME`: runs rounds of a campaign (soak/NAME.ts) and records each in soak/results/NAME.jsonl.
 * Resumable: seeds are 1, 2, 3, …, and a run does those that are not recorded. `soak/README.md` has the options.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string' },
    count: { type: 'string' },
    sample: { type: 'boolean', default: false },
    failed: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
prepare();
if (name === undefined) {
  await listCampaigns();
  process.exit(0);
}

const campaign = await loadCampaign(name);
const resultsFile = join(root, 'soak/results', `${name}.jsonl`);
const recorded = readRecords();
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort(new Error(signal)));

let failures = 0;
let rounds = 0;
if (values.seed !== undefined) {
  await runRound(wholeNumber('--seed', values.seed), false);
} else if (values.failed) {
  const last = new Map(recorded.map((record) => [record.seed, record.ok]));
  for (const [seed, ok] of last) if (!ok && !interruption.signal.aborted) await runRound(seed, true);
} else {
  const perRound = campaign.seedsPerRound ?? 1;
  const from = values.from === undefined ? 1 : Math.ceil(wholeNumber('--from', values.from) / perRound);
  const done = new Set(values.sample ? [] : recorded.map((record) => record.seed));
  const deadlineMs = values.minutes && Date.now() + wholeNumber('--minutes', values.minutes) * 60_000;
  let last = Number.MAX_SAFE_INTEGER;
  if (values.sample) last = campaign.sampleRounds;
  else if (values.rounds) last = wholeNumber('--rounds', values.rounds);
  else if (values.count) last = from - 1 + Math.ceil(wholeNumber('--count', values.count) / perRound);
  else if (!deadlineMs) last = campaign.rounds;
  if (done.size > 0) console.log(`${name}: ${done.size} rounds recorded, going on with those that are not`);
  for (let seed = from; seed <= last && !interruption.signal.aborted; seed++) {
    if (done.has(seed)) continue;
    if (deadlineMs && Date.now() >= deadlineMs) break;
    await runRound(seed, !values.sample);
  }
}
console.log(`${name}: ${rounds} rounds done, ${failures} failed`);
process.exit(failures > 0 ? 1 : interruption.signal.aborted ? 130 : 0);

async function runRound(seed, record) {
  const folder = mkdtempSync(join(tmpdir(), `rocketmq-soak-${name}-${seed}-`));
  const startedMs = Date.now();
  const context = { folder, signal: interruption.signal, log: (line) => console.log(`  ${line}`) };
  let outcome;
  try {
    outcome = { ok: true, ...(await campaign.run(seed, context)) };
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (interruption.signal.aborted) return;
    failures++;
    outcome = { ok: false, error: withoutFolders(String(error?.stack ?? error), folder) };
    console.error(`${name}: seed ${seed} failed; its folder is kept: ${folder}`);
    console.error(`  replay: npm run soak ${name} -- --seed ${seed}`);
    console.error(outcome.error);
  }
  rounds++;
  const durationMs = Date.now() - startedMs;
  if (outcome.ok) console.log(`${name}: seed ${seed} ok in ${durationMs} ms ${JSON.stringify(outcome)}`);
  if (!record) return;
  mkdirSync(join(root, 'soak/results'), { recursive: true });
  const line = { seed, at: new Date(startedMs).toISOString(), commit: commit(), durationMs, ...outcome };
  appendFileSync(resultsFile, `${JSON.stringify(line)}\n`);
}

/** Records are kept in the repository: where this checkout and its folders are is nobody else's business. */
function withoutFolders(text, folder) {
  return text
    .replaceAll(`${pathToFileURL(root).href}/`, '')
    .replaceAll(`${root}/`, '')
    .replaceAll(folder, '<folder>');
}

function readRecords() {
  if (!existsSync(resultsFile)) return [];
  return readFileSync(resultsFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function loadCampaign(name) {
  const file = join(root, 'soak/dist', `${name}.js`);
  if (!existsSync(join(root, 'soak', `${name}.ts`)) || !existsSync(file)) {
    console.error(`There is no campaign ${name}.`);
    await listCampaigns();
    process.exit(2);
  }
  return (await import(pathToFileURL(file).href)).campaign;
}

async function listCampaigns() {
  const names = readdirSync(join(root, 'soak'))
    .filter((file) => file.endsWith('.ts') && file !== 'campaign.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  console.log(names.length > 0 ? 'Campaigns:' : 'There are no campaigns yet.');
  for (const each of names) {
    const { campaign } = await import(pathToFileURL(join(root, 'soak/dist', `${each}.js`)).href);
    if (campaign) console.log(`  ${each}: ${campaign.description} (${campaign.rounds} rounds)`);
  }
}

function wholeNumber(option, text) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${option} takes a whole number, not ${text}.`);
  process.exit(2);
}

function commit() {
  const found = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : 'unknown';
}
