/**
 * Owns the errors of the store.
 *
 * `retriable` means that the same call may succeed later without anybody repairing anything but the disk's free space.
 */
export const StoreErrorCode = {
  /** Another process owns the folder. */
  STORE_LOCKED: 'STORE_LOCKED',
  /** A setting is out of its range, or differs from what the folder was written with. */
  STORE_BAD_OPTION: 'STORE_BAD_OPTION',
  /** A topic name, or queue id, that cannot become the name of a folder. */
  STORE_BAD_NAME: 'STORE_BAD_NAME',
  /** The store is shut down, or not started. */
  STORE_CLOSED: 'STORE_CLOSED',
  /** No room on the disk. */
  STORE_DISK_FULL: 'STORE_DISK_FULL',
  /** The disk refused a write. */
  STORE_WRITE_FAILED: 'STORE_WRITE_FAILED',
  /** The disk refused a sync: final. */
  STORE_SYNC_FAILED: 'STORE_SYNC_FAILED',
  /** Bytes on disk are not what was written. */
  STORE_DAMAGED: 'STORE_DAMAGED',
  /** The store is a copy of another broker's: nothing but that broker's log is added. */
  STORE_REPLICA: 'STORE_REPLICA',
  /** What another broker sent does not continue the log. */
  STORE_DIVERGED: 'STORE_DIVERGED',
  /** The disk refused something other than a write or sync of the log. */
  STORE_DISK_FAILED: 'STORE_DISK_FAILED',
} as const;
export type StoreErrorCode = (typeof StoreErrorCode)[keyof typeof StoreErrorCode];

/** What the file system threw, as an error of the store that says what was being done. */
export function diskError(doing: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const text = cause instanceof Error ? cause.message : String(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `${doing}: no space left (${text}); free some and try again`;
    return new StoreError(StoreErrorCode.STORE_DISK_FULL, message, { retriable: true, cause });
  }
  return new StoreError(
    StoreErrorCode.STORE_DISK_FAILED,
    `${doing}: ${text}; check the disk and its rights`,
    { cause },
  );
}

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly retriable: boolean;

  constructor(code: StoreErrorCode, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StoreError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}
