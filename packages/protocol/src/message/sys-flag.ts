/**
 * Flag words: the message's sysFlag (`MessageSysFlag`), a pull request's (`PullSysFlag`), a topic's
 * (`TopicSysFlag`), and topic permissions (`PermName`).
 */
export const MessageSysFlag = {
  COMPRESSED: 0x1,
  MULTI_TAGS: 0x2,
  TRANSACTION_NOT_TYPE: 0,
  TRANSACTION_PREPARED_TYPE: 0x4,
  TRANSACTION_COMMIT_TYPE: 0x8,
  TRANSACTION_ROLLBACK_TYPE: 0xc,
  TRANSACTION_MASK: 0xc,
  /** 5.x: the born host has 16 address bytes. */
  BORNHOST_V6: 0x10,
  /** 5.x: the store host has 16 address bytes. */
  STOREHOST_V6: 0x20,
  /** 5.x: how the body is compressed; 0 means zlib. */
  COMPRESSION_TYPE_MASK: 0x700,
  COMPRESSION_LZ4: 0x100,
  COMPRESSION_ZSTD: 0x200,
  COMPRESSION_ZLIB: 0x300,
} as const;

export function transactionType(sysFlag: number): number {
  return sysFlag & MessageSysFlag.TRANSACTION_MASK;
}

export function withTransactionType(sysFlag: number, type: number): number {
  return (sysFlag & ~MessageSysFlag.TRANSACTION_MASK) | type;
}

export function withoutCompressed(sysFlag: number): number {
  return sysFlag & ~MessageSysFlag.COMPRESSED;
}

export const PullSysFlag = {
  COMMIT_OFFSET: 0x1,
  SUSPEND: 0x2,
  SUBSCRIPTION: 0x4,
  CLASS_FILTER: 0x8,
  /** 5.x only. */
  LITE_PULL_MESSAGE: 0x10,
} as const;

export function buildPullSysFlag(
  commitOffset: boolean,
  suspend: boolean,
  subscription: boolean,
  classFilter: boolean,
): number {
  return (
    (commitOffset ? PullSysFlag.COMMIT_OFFSET : 0) |
    (suspend ? PullSysFlag.SUSPEND : 0) |
    (subscription ? PullSysFlag.SUBSCRIPTION : 0) |
    (classFilter ? PullSysFlag.CLASS_FILTER : 0)
  );
}

export const TopicSysFlag = { UNIT: 0x1, UNIT_SUB: 0x2 } as const;

export function buildTopicSysFlag(unit: boolean, unitSub: boolean): number {
  return (unit ? TopicSysFlag.UNIT : 0) | (unitSub ? TopicSysFlag.UNIT_SUB : 0);
}

export const Perm = { PRIORITY: 8, READ: 4, WRITE: 2, INHERIT: 1 } as const;

export function isReadable(perm: number): boolean {
  return (perm & Perm.READ) !== 0;
}

export function isWriteable(perm: number): boolean {
  return (perm & Perm.WRITE) !== 0;
}

export function isInherited(perm: number): boolean {
  return (perm & Perm.INHERIT) !== 0;
}

/** `RW-`, `R--`, … as the admin tools print it. */
export function permName(perm: number): string {
  return `${isReadable(perm) ? 'R' : '-'}${isWriteable(perm) ? 'W' : '-'}${isInherited(perm) ? 'X' : '-'}`;
}
