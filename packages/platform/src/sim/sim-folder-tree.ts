/**
 * Owns the names of a simulated disk: which paths there are now, which are durable, and the changes between the two.
 *
 * Invariants: names belong to folders, not to paths: a folder that is moved takes its names along, durable or not. A change
 * is durable once the folder it happened in has been synced; a move between two folders once either has, together with what
 * was changed in the other before. A power cut keeps, per folder, a beginning of what was changed in it since; what hangs on
 * a lost folder is lost.
 */
import type { Random } from '../random.ts';
import type { SimFileContent } from './sim-file-content.ts';

export type SimNode = SimFolder | SimFileContent;

/** One thing that happened to names, in one folder or, for a move, in two: both hold the same object. */
class NameChange {
  readonly effects: {
    readonly folder: SimFolder;
    readonly name: string;
    readonly node: SimNode | undefined;
  }[];
  committed = false;

  constructor(effects: NameChange['effects']) {
    this.effects = effects;
  }

  apply(names: (folder: SimFolder) => Map<string, SimNode>): void {
    for (const { folder, name, node } of this.effects) {
      if (node === undefined) names(folder).delete(name);
      else names(folder).set(name, node);
    }
  }
}

export class SimFolder {
  names = new Map<string, SimNode>();
  durable = new Map<string, SimNode>();
  changes: NameChange[] = [];

  /** Makes what was changed here durable, up to `last` or all of it. */
  commit(last?: NameChange): void {
    while (this.changes.length > 0) {
      const change = this.changes.shift() as NameChange;
      if (!change.committed) {
        change.committed = true;
        for (const { folder } of change.effects) if (folder !== this) folder.commit(change);
        change.apply((folder) => folder.durable);
      }
      if (change === last) return;
    }
  }
}

export class SimFolderTree {
  #root = new SimFolder();

  find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (!(node instanceof SimFolder)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  add(path: string, node: SimNode): void {
    this.#change([{ path, node }]);
  }

  remove(path: string): void {
    if (this.find(path) !== undefined) this.#change([{ path, node: undefined }]);
  }

  move(from: string, to: string): void {
    this.#change([
      { path: from, node: undefined },
      { path: to, node: this.find(from) },
    ]);
  }

  /** Names in a folder, sorted. */
  list(path: string): string[] {
    const node = this.find(path);
    return node instanceof SimFolder ? [...node.names.keys()].sort() : [];
  }

  sync(path: string): void {
    const node = this.find(path);
    if (node instanceof SimFolder) node.commit();
  }

  /** All files with their paths. */
  *files(folder: SimFolder = this.#root, prefix = ''): Generator<[string, SimFileContent]> {
    for (const [name, node] of folder.names) {
      if (node instanceof SimFolder) yield* this.files(node, `${prefix}/${name}`);
      else yield [`${prefix}/${name}`, node];
    }
  }

  /** What is left when the process dies (`random` undefined) or the power goes. */
  survivor(random: Random | undefined): SimFolderTree {
    const left = new SimFolderTree();
    left.#root = new Survivors(random).folder(this.#root);
    return left;
  }

  #change(changes: readonly { path: string; node: SimNode | undefined }[]): void {
    const effects = changes.map(({ path, node }) => {
      const folder = this.find(parentOf(path));
      if (!(folder instanceof SimFolder)) throw new Error(`no folder above ${path}`);
      return { folder, name: path.slice(path.lastIndexOf('/') + 1), node };
    });
    const change = new NameChange(effects);
    change.apply((folder) => folder.names);
    for (const folder of new Set(effects.map((effect) => effect.folder))) folder.changes.push(change);
  }
}

/** Copies folders and files as they are found after the end, each once. */
class Survivors {
  readonly #random: Random | undefined;
  readonly #folders = new Map<SimFolder, SimFolder>();
  readonly #contents = new Map<SimFileContent, SimFileContent>();
  readonly #changes = new Map<NameChange, NameChange>();
  /** How many changes of a folder a power cut keeps. */
  readonly #kept = new Map<SimFolder, number>();

  constructor(random: Random | undefined) {
    this.#random = random;
  }

  folder(folder: SimFolder): SimFolder {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const copy = new SimFolder();
    this.#folders.set(folder, copy);
    if (this.#random === undefined) {
      copy.names = this.#namesOf(folder.names);
      copy.durable = this.#namesOf(folder.durable);
      copy.changes = folder.changes.map((change) => this.#change(change));
    } else {
      copy.names = this.#namesOf(this.#afterPowerCut(folder));
      copy.durable = new Map(copy.names);
    }
    return copy;
  }

  #afterPowerCut(folder: SimFolder): Map<string, SimNode> {
    const names = new Map(folder.durable);
    folder.changes.forEach((change, index) => {
      if (change.committed || index >= this.#keptOf(folder)) return;
      // A move is kept in both folders or in none.
      const everywhere = change.effects.every(
        (effect) => effect.folder.changes.indexOf(change) < this.#keptOf(effect.folder),
      );
      if (everywhere) change.apply((other) => (other === folder ? names : new Map()));
    });
    return names;
  }

  #keptOf(folder: SimFolder): number {
    let kept = this.#kept.get(folder);
    if (kept === undefined) {
      kept = (this.#random as Random).integer(folder.changes.length + 1);
      this.#kept.set(folder, kept);
    }
    return kept;
  }

  #namesOf(names: ReadonlyMap<string, SimNode>): Map<string, SimNode> {
    return new Map([...names].map(([name, node]) => [name, this.#node(node)]));
  }

  #node(node: SimNode): SimNode {
    if (node instanceof SimFolder) return this.folder(node);
    let copy = this.#contents.get(node);
    if (copy === undefined) {
      copy = node.survivor(this.#random);
      this.#contents.set(node, copy);
    }
    return copy;
  }

  #change(change: NameChange): NameChange {
    const known = this.#changes.get(change);
    if (known !== undefined) return known;
    const copy = new NameChange([]);
    copy.committed = change.committed;
    // Known before its folders are copied: they come back to it, and a move must stay one change in both.
    this.#changes.set(change, copy);
    for (const { folder, name, node } of change.effects) {
      copy.effects.push({
        folder: this.folder(folder),
        name,
        node: node === undefined ? undefined : this.#node(node),
      });
    }
    return copy;
  }
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
