/**
 * A file system that does not do what it says: what a program looks like that forgot a sync, ignored an error or a short write.
 * For planted bugs.
 */
import type { FileSystem, OpenFile, OpenMode } from '@rocketmq-ts/platform';

export interface Lies {
  /** Instead of `datasync` of a file. */
  readonly datasync?: (file: OpenFile) => Promise<void>;
  /** Instead of `syncFolder`. */
  readonly syncFolder?: (path: string) => Promise<void>;
  /** Instead of writes. */
  readonly write?: (
    file: OpenFile,
    source: Uint8Array,
    sourceOffset: number,
    length: number,
    position: number,
  ) => number;
}

export function lyingFileSystem(files: FileSystem, lies: Lies): FileSystem {
  const { syncFolder } = lies;
  return {
    openSync: (path: string, mode: OpenMode) => lyingFile(files.openSync(path, mode), lies),
    existsSync: (path) => files.existsSync(path),
    statSync: (path) => files.statSync(path),
    mkdirSync: (path) => files.mkdirSync(path),
    readdirSync: (path) => files.readdirSync(path),
    readFileSync: (path) => files.readFileSync(path),
    writeFileSync: (path, content) => files.writeFileSync(path, content),
    renameSync: (from, to) => files.renameSync(from, to),
    unlinkSync: (path) => files.unlinkSync(path),
    removeTreeSync: (path) => files.removeTreeSync(path),
    unlink: (path) => files.unlink(path),
    removeTree: (path) => files.removeTree(path),
    syncFolderSync: (path) => {
      if (syncFolder === undefined) files.syncFolderSync(path);
    },
    syncFolder: (path) => (syncFolder === undefined ? files.syncFolder(path) : syncFolder(path)),
    spaceSync: (path) => files.spaceSync(path),
  };
}

function lyingFile(file: OpenFile, lies: Lies): OpenFile {
  const { datasync, write } = lies;
  return {
    path: file.path,
    readSync: (target, targetOffset, length, position) =>
      file.readSync(target, targetOffset, length, position),
    writeSync: (source, sourceOffset, length, position) =>
      write === undefined
        ? file.writeSync(source, sourceOffset, length, position)
        : write(file, source, sourceOffset, length, position),
    read: (target, targetOffset, length, position) => file.read(target, targetOffset, length, position),
    write: (source, sourceOffset, length, position) => file.write(source, sourceOffset, length, position),
    datasync: () => (datasync === undefined ? file.datasync() : datasync(file)),
    datasyncSync: () => file.datasyncSync(),
    truncateSync: (lengthBytes) => file.truncateSync(lengthBytes),
    sizeSync: () => file.sizeSync(),
    closeSync: () => file.closeSync(),
  };
}
