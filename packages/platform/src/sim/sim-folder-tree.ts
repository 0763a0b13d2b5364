/**
 * Owns the names of a simulated disk: which paths there are now, which are durable, and the changes between the two.
 *
 * Invariants: a change of names is durable once the folder it happened in has been synced (both folders, for a move between
 * two); a power cut keeps, per folder, a beginning of what was changed in it since; what hangs on a lost folder is lost.
 */
import type { Random } from '../random.ts';
import type { SimFileContent } from './sim-file-content.ts';

/** A folder, or a file by its content. */
export type SimNode = 'folder' | SimFileContent;

interface NameChange {
  readonly folders: readonly string[];
  apply(names: Map<string, SimNode>): void;
}

export class SimFolderTree {
  names = new Map<string, SimNode>([['/', 'folder']]);
  #durable = new Map<string, SimNode>([['/', 'folder']]);
  #changes: NameChange[] = [];

  add(path: string, node: SimNode): void {
    this.#change([parentOf(path)], (names) => names.set(path, node));
  }

  remove(path: string): void {
    this.#change([parentOf(path)], (names) => {
      for (const other of [...names.keys()]) if (isAtOrBelow(other, path)) names.delete(other);
    });
  }

  move(from: string, to: string): void {
    this.#change([...new Set([parentOf(from), parentOf(to)])], (names) => {
      for (const other of [...names.keys()]) if (isAtOrBelow(other, to)) names.delete(other);
      for (const [other, node] of [...names]) {
        if (!isAtOrBelow(other, from)) continue;
        names.delete(other);
        names.set(to + other.slice(from.length), node);
      }
    });
  }

  /** Paths directly in a folder, as names, sorted. */
  list(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const found: string[] = [];
    for (const path of this.names.keys()) {
      if (path.startsWith(prefix) && path !== folder && !path.includes('/', prefix.length)) {
        found.push(path.slice(prefix.length));
      }
    }
    return found.sort();
  }

  sync(folder: string): void {
    const left: NameChange[] = [];
    for (const change of this.#changes) {
      if (change.folders.includes(folder)) change.apply(this.#durable);
      else left.push(change);
    }
    this.#changes = left;
  }

  /** What is left when the process dies (`random` undefined) or the power goes. */
  survivor(random: Random | undefined): SimFolderTree {
    const left = new SimFolderTree();
    const contents = new Map<SimFileContent, SimFileContent>();
    const survive = (node: SimNode): SimNode => {
      if (node === 'folder') return node;
      let copy = contents.get(node);
      if (copy === undefined) {
        copy = node.survivor(random);
        contents.set(node, copy);
      }
      return copy;
    };
    const names = random === undefined ? this.names : this.#afterPowerCut(random);
    left.names = new Map([...names].map(([path, node]) => [path, survive(node)]));
    if (random === undefined) {
      left.#durable = new Map([...this.#durable].map(([path, node]) => [path, survive(node)]));
      left.#changes = this.#changes.map((change) => ({
        folders: change.folders,
        apply: (target) => {
          change.apply(target);
          for (const [path, node] of target) {
            if (node !== 'folder' && contents.has(node)) target.set(path, survive(node));
          }
        },
      }));
    } else {
      left.#durable = new Map(left.names);
    }
    return left;
  }

  #afterPowerCut(random: Random): Map<string, SimNode> {
    const counts = new Map<string, number>();
    for (const { folders } of this.#changes) {
      for (const folder of folders) counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    const kept = new Map([...counts].map(([folder, count]) => [folder, random.integer(count + 1)]));
    const names = new Map(this.#durable);
    const seen = new Map<string, number>();
    for (const change of this.#changes) {
      let keep = true;
      for (const folder of change.folders) {
        const index = seen.get(folder) ?? 0;
        seen.set(folder, index + 1);
        if (index >= (kept.get(folder) ?? 0)) keep = false;
      }
      if (keep) change.apply(names);
    }
    for (const path of [...names.keys()].sort()) {
      if (path !== '/' && names.get(parentOf(path)) !== 'folder') names.delete(path);
    }
    return names;
  }

  #change(folders: readonly string[], apply: (names: Map<string, SimNode>) => void): void {
    apply(this.names);
    this.#changes.push({ folders, apply });
  }
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
