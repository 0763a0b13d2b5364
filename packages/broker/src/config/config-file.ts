/**
 * Writes changed settings into the broker's `.properties` file, so that the file is always either the old or the new one.
 * The version before is kept as `.bak`. Counterpart in RocketMQ: Configuration.persist.
 */
import { dirname } from 'node:path';
import type { FileSystem } from '@rocketmq-ts/platform';
import { rewriteProperties } from './rewrite-properties.ts';

/** Throws Node's error when the file cannot be written; it is then as before. */
export function persistSettings(
  fileSystem: FileSystem,
  path: string,
  changes: ReadonlyMap<string, string>,
): void {
  const existed = fileSystem.existsSync(path);
  const before = existed ? fileSystem.readFileSync(path) : Buffer.alloc(0);
  const after = Buffer.from(rewriteProperties(before.toString('latin1'), changes), 'latin1');
  fileSystem.mkdirSync(dirname(path));
  if (existed) writeSynced(fileSystem, `${path}.bak`, before);
  writeSynced(fileSystem, `${path}.tmp`, after);
  fileSystem.renameSync(`${path}.tmp`, path);
  fileSystem.syncFolderSync(dirname(path));
}

function writeSynced(fileSystem: FileSystem, path: string, content: Buffer): void {
  const file = fileSystem.openSync(path, 'create');
  try {
    file.truncateSync(0);
    for (let at = 0; at < content.length; ) at += file.writeSync(content, at, content.length - at, at);
    file.datasyncSync();
  } finally {
    file.closeSync();
  }
}
