/** Every program in the admin package's README runs to its end against our servers, one after the other. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../interop/harness/java-library.ts';
import { startOurBroker, startOurNamesrv } from '../interop/harness/ours.ts';
import { sharedPair } from '../interop/harness/pair.ts';
import { runReadmeSample } from './readme-sample.ts';

const pair = sharedPair(startOurNamesrv, startOurBroker);
const readme = readFileSync(join(root, 'packages/admin/README.md'), 'utf8');
const samples = [...readme.matchAll(/\n## (.*)\n[\s\S]*?```js\n([\s\S]*?)```/g)];
/** Inside the checkout, so that the packages are found by name. */
const folder = join(root, 'test/dist/admin-readme-samples');
after(() => rmSync(folder, { recursive: true, force: true }));

/** What each has to print. */
const expected = [
  /127\.0\.0\.1:\d+ 4\n/,
  /SEND_OK[\s\S]*order 7[\s\S]*0 order 7/,
  /\d: from 1 to 0[\s\S]*is behind by 1/,
  /V4_4_0 1\n48\nvalue/,
  /TOPIC_NOT_EXIST/,
  /0 broker-a/,
];

test('the README has samples', () => {
  assert.equal(samples.length, expected.length);
});

for (const [index, [, title = '', sample = '']] of samples.entries()) {
  test(title, { timeout: 600_000 }, async () => {
    const { namesrv } = await pair();
    const program = await runReadmeSample(folder, index, sample, namesrv.address);
    const output = program.lines.join('\n');
    assert.deepEqual(program.errorLines, []);
    assert.match(`${output}\n`, expected[index]!);
  });
}
