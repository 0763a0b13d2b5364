/** Owns making folders that survive a power cut: each is synced into the folder above it. */
import type { FileSystem } from '@rocketmq-ts/platform';

/**
 * Creates the folder and its missing parents, durably. With `trustExisting`, what is there counts as durable; without, a
 * process that died may have made it just now, and all of it is synced.
 */
export async function makeDurableFolder(
  fileSystem: FileSystem,
  path: string,
  trustExisting: boolean,
): Promise<void> {
  const parents: string[] = [];
  for (let folder = path; folder !== '/' && folder !== '.'; ) {
    const existed = fileSystem.existsSync(folder);
    if (existed && trustExisting) break;
    const slash = folder.lastIndexOf('/');
    folder = slash < 0 ? '.' : slash === 0 ? '/' : folder.slice(0, slash);
    parents.push(folder);
  }
  fileSystem.mkdirSync(path);
  for (const parent of parents) {
    try {
      await fileSystem.syncFolder(parent);
    } catch (error) {
      // A folder that may not be read was not made by us, nor was anything in it.
      if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
