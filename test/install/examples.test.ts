/** Every file of examples/ runs as examples/README.md says, and ends by itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTestBroker } from 'rocketmq-ts';
import { ATTEMPTS, saysGaveUp } from '../interop/harness/gave-up.ts';
import { root } from '../tidy/source-files.ts';

test('every example is in the list, and does what it is for', async (t) => {
  // Broadcasting consumers keep their offsets in the home folder.
  const home = mkdtempSync(join(tmpdir(), 'rocketmq-ts-examples-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  await using broker = await startTestBroker({ config: { enablePropertyFilter: true } });
  const list = readFileSync(join(root, 'examples/README.md'), 'utf8');
  for (const name of readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'))) {
    assert.ok(list.includes(`\`${name}\``), `examples/README.md has ${name}`);
    await t.test(name, () => runExample(name, { NAMESRV_ADDR: broker.namesrvAddr, HOME: home }));
  }
});

/** Not `spawnSync`: the broker is in this process. */
async function runExample(name: string, env: Readonly<Record<string, string>>, attempt = 1): Promise<void> {
  const options = { env: { ...process.env, ...env }, timeout: 200_000 };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'examples', name)], options);
    assert.notEqual(stdout, '');
  } catch (error) {
    if (attempt === ATTEMPTS || !saysGaveUp(String((error as { stderr?: string }).stderr))) throw error;
    await runExample(name, env, attempt + 1);
  }
}
