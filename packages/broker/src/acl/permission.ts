/**
 * Permissions on topics and groups: DENY, PUB, SUB, PUB|SUB. Counterpart: org.apache.rocketmq.acl.common.Permission.
 *
 * A group is the resource `%RETRY%group`.
 */
export const Permission = { DENY: 1, PUB: 4, SUB: 8 } as const;

const NAMES: ReadonlyMap<string, number> = new Map([
  ['DENY', Permission.DENY],
  ['PUB', Permission.PUB],
  ['SUB', Permission.SUB],
  ['PUB|SUB', Permission.PUB | Permission.SUB],
  ['SUB|PUB', Permission.PUB | Permission.SUB],
]);

/** Undefined for text that names no permission. */
export function parsePermission(text: string): number | undefined {
  return NAMES.get(text.trim());
}

export function permits(owned: number, needed: number): boolean {
  return (owned & Permission.DENY) === 0 && (owned & needed) !== 0;
}
