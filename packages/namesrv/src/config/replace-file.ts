/**
 * Replaces a small file as a whole: a reader, or a start after a power failure, finds the old content or the new one.
 *
 * The content before is kept in `<path>.bak`. Behaviour: `MixAll.string2File`, which neither syncs nor renames over.
 */
import path from 'node:path';
import type { FileSystem } from '@rocketmq-ts/platform';

export function replaceFile(fileSystem: FileSystem, file: string, content: Buffer): void {
  const folder = path.dirname(file);
  fileSystem.mkdirSync(folder);
  writeDurably(fileSystem, `${file}.tmp`, content);
  if (fileSystem.existsSync(file)) {
    writeDurably(fileSystem, `${file}.bak`, fileSystem.readFileSync(file));
  }
  fileSystem.renameSync(`${file}.tmp`, file);
  fileSystem.syncFolderSync(folder);
}

function writeDurably(fileSystem: FileSystem, file: string, content: Buffer): void {
  const open = fileSystem.openSync(file, 'create');
  try {
    open.truncateSync(0);
    let position = 0;
    while (position < content.length) {
      position += open.writeSync(content, position, content.length - position, position);
    }
    open.datasyncSync();
  } finally {
    open.closeSync();
  }
}
