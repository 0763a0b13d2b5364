/**
 * The KV configuration: texts by namespace and key, kept in kvConfig.json.
 *
 * Invariants: what an answer has confirmed is on disk; a change that could not be written did not happen; at most
 * `maxBytes` are kept. Behaviour: `KVConfigManager`, which answers success when it could not write.
 */
import type { FileSystem, Logger } from '@rocketmq-ts/platform';
import { decodeKVConfigTable, encodeKVConfigTable } from '@rocketmq-ts/protocol';
import { replaceFile } from '../config/replace-file.ts';
import { NamesrvError } from '../namesrv-error.ts';

/** Order topics: topic to `broker-a:4;broker-b:4`. */
export const ORDER_TOPIC_NAMESPACE = 'ORDER_TOPIC_CONFIG';

export class KVConfig {
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #path: string;
  readonly #maxBytes: () => number;
  #table = new Map<string, Map<string, string>>();
  #bytes = 0;

  /** `maxBytes` is asked anew for each change. Call `load` before anything else. */
  constructor(fileSystem: FileSystem, logger: Logger, path: string, maxBytes: () => number) {
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Reads the file, or the one before it when it is damaged. Throws NamesrvError (`NAMESRV_FILE`). */
  load(): void {
    const backup = `${this.#path}.bak`;
    if (!this.#fileSystem.existsSync(this.#path)) {
      // Nothing was ever kept, or a 4.4.0 name server died between deleting and renaming.
      if (this.#fileSystem.existsSync(backup)) this.#read(backup);
      return;
    }
    try {
      this.#read(this.#path);
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#fileSystem.existsSync(backup)) {
        throw new NamesrvError(
          'NAMESRV_FILE',
          `${this.#path} cannot be read: ${reason}; repair it, or move it away to start without KV configuration`,
          error,
        );
      }
      this.#read(backup);
      this.#logger.warn(`${this.#path} cannot be read (${reason}): loaded the one before, ${backup}`);
    }
  }

  get(namespace: string, key: string): string | undefined {
    return this.#table.get(namespace)?.get(key);
  }

  /** Undefined when the namespace does not exist. */
  list(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#table.get(namespace);
  }

  /** Throws NamesrvError (`NAMESRV_LIMIT`, `NAMESRV_FILE`); then nothing has changed. */
  put(namespace: string, key: string, value: string): void {
    const before = this.#table.get(namespace)?.get(key);
    if (before === value) return;
    const grow = entryBytes(namespace, key, value) - entryBytes(namespace, key, before);
    if (grow > 0 && this.#bytes + grow > this.#maxBytes()) {
      throw new NamesrvError(
        'NAMESRV_LIMIT',
        `KV configuration would grow to ${this.#bytes + grow} bytes, maxKvConfigBytes is ${this.#maxBytes()}: ` +
          'delete what is not needed or raise the bound',
      );
    }
    const next = new Map(this.#table);
    next.set(namespace, new Map(this.#table.get(namespace)).set(key, value));
    this.#replace(next);
    this.#bytes += grow;
  }

  /** Does nothing when there is no such key. Throws NamesrvError (`NAMESRV_FILE`); then nothing has changed. */
  delete(namespace: string, key: string): void {
    const entries = this.#table.get(namespace);
    if (entries === undefined || !entries.has(key)) return;
    const left = new Map(entries);
    left.delete(key);
    // 4.4.0 keeps an empty namespace, so that listing it answers an empty table and not "no such namespace".
    this.#replace(new Map(this.#table).set(namespace, left));
    this.#bytes -= entryBytes(namespace, key, entries.get(key));
  }

  #replace(table: Map<string, Map<string, string>>): void {
    try {
      replaceFile(this.#fileSystem, this.#path, encodeKVConfigTable({ configTable: table }));
    } catch (error) {
      throw new NamesrvError(
        'NAMESRV_FILE',
        `KV configuration not changed, ${this.#path} cannot be written: ${(error as Error).message}`,
        error,
      );
    }
    this.#table = table;
  }

  #read(path: string): void {
    this.#table = decodeKVConfigTable(this.#fileSystem.readFileSync(path)).configTable;
    this.#bytes = 0;
    for (const [namespace, entries] of this.#table) {
      for (const [key, value] of entries) this.#bytes += entryBytes(namespace, key, value);
    }
  }
}

function entryBytes(namespace: string, key: string, value: string | undefined): number {
  return value === undefined ? 0 : namespace.length + key.length + value.length;
}
