/** Every program in the client's README runs to its end against our servers. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../interop/harness/java-library.ts';
import { startOurBroker, startOurNamesrv } from '../interop/harness/ours.ts';
import { sharedPair } from '../interop/harness/pair.ts';
import { runReadmeSample } from './readme-sample.ts';

const pair = sharedPair(startOurNamesrv, startOurBroker);
const readme = readFileSync(join(root, 'packages/client/README.md'), 'utf8');
const samples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
/** Inside the checkout, so that the packages are found by name. */
const folder = join(root, 'test/dist/readme-samples');
after(() => rmSync(folder, { recursive: true, force: true }));

test('the README has samples', () => {
  assert.ok(samples.length >= 4);
});

for (const [index, sample] of samples.entries()) {
  test(`sample ${index + 1}: ${/\n(const (?:producer|consumer|abort).*)/.exec(sample)?.[1]}`, {
    timeout: 600_000,
  }, async () => {
    const { namesrv } = await pair();
    const program = await runReadmeSample(folder, index, sample, namesrv.address);
    const output = [...program.lines, ...program.errorLines].join('\n');
    assert.doesNotMatch(output, /Error/);
  });
}
