/** Every file of examples/ runs as examples/README.md says, and ends by itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTestBroker } from 'rocketmq-ts';
import { root } from '../tidy/source-files.ts';

test('every example is in the list, and does what it is for', async (t) => {
  await using broker = await startTestBroker({ config: { enablePropertyFilter: true } });
  const list = readFileSync(join(root, 'examples/README.md'), 'utf8');
  for (const name of readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'))) {
    assert.ok(list.includes(`\`${name}\``), `examples/README.md has ${name}`);
    await t.test(name, () => runExample(name, broker.namesrvAddr));
  }
});

/** Not `spawnSync`: the broker is in this process. */
async function runExample(name: string, namesrvAddr: string): Promise<void> {
  const env = { ...process.env, NAMESRV_ADDR: namesrvAddr };
  const options = { env, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'examples', name)], options);
  assert.notEqual(stdout, '');
}
