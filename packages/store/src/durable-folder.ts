/** Owns making folders that survive a power cut: each new one is synced into the folder above it. */
import type { FileSystem } from '@rocketmq-ts/platform';

/** Creates the folder and its missing parents, durably; does nothing when it is there. */
export async function makeDurableFolder(fileSystem: FileSystem, path: string): Promise<void> {
  const parents: string[] = [];
  for (let folder = path; !fileSystem.existsSync(folder); ) {
    const parent = folder.slice(0, folder.lastIndexOf('/'));
    folder = parent === '' ? (path.startsWith('/') ? '/' : '.') : parent;
    parents.push(folder);
    if (folder === '/' || folder === '.') break;
  }
  if (parents.length === 0) return;
  fileSystem.mkdirSync(path);
  for (const parent of parents) await fileSystem.syncFolder(parent);
}
