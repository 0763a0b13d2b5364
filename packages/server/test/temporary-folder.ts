/** A folder of a test's own, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rocketmq-ts-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
