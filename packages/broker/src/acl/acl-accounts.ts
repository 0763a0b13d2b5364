/**
 * The accounts of `plain_acl.yml`. Counterpart: PlainPermissionLoader.
 *
 * Where 4.4.0 has holes, this does not follow: an account without permission lists has its defaults (there: an NPE for
 * everything), and the defaults of an account count (there: never).
 */
import { isRetryTopic, retryTopic } from '@rocketmq-ts/protocol';
import { parse } from 'yaml';
import { AclError } from './acl-error.ts';
import { Permission, parsePermission } from './permission.ts';
import { parseRemoteAddressRule, type RemoteAddressRule } from './remote-address-rule.ts';

/** Shorter keys are refused, as in 4.4.0. */
const MIN_KEY_LENGTH = 7;

export class AclAccount {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly admin: boolean;
  readonly isTrustedAddress: RemoteAddressRule;
  readonly #permissions: ReadonlyMap<string, number>;
  readonly #defaultTopicPerm: number;
  readonly #defaultGroupPerm: number;

  constructor(entry: Entry, warnings: string[]) {
    this.accessKey = requiredKey(entry, 'accessKey');
    this.secretKey = requiredKey(entry, 'secretKey');
    this.admin = entry.admin?.toString().trim() === 'true';
    this.isTrustedAddress = parseRemoteAddressRule(text(entry.whiteRemoteAddress));
    const permission = (value: string, where: string) => {
      const parsed = parsePermission(value);
      if (parsed === undefined) warnings.push(`${where} of ${this.accessKey} is "${value}": counted as DENY`);
      return parsed ?? Permission.DENY;
    };
    this.#defaultTopicPerm = permission(text(entry.defaultTopicPerm) || 'DENY', 'defaultTopicPerm');
    this.#defaultGroupPerm = permission(text(entry.defaultGroupPerm) || 'DENY', 'defaultGroupPerm');
    const permissions = new Map<string, number>();
    for (const [name, value] of pairs(entry, 'topicPerms')) permissions.set(name, permission(value, name));
    for (const [name, value] of pairs(entry, 'groupPerms'))
      permissions.set(retryTopic(name), permission(value, name));
    this.#permissions = permissions;
  }

  /** Permission bits on a topic, or on a group given as its retry topic. */
  permissionOn(resource: string): number {
    const fallback = isRetryTopic(resource) ? this.#defaultGroupPerm : this.#defaultTopicPerm;
    return this.#permissions.get(resource) ?? fallback;
  }
}

export interface AclAccounts {
  readonly isTrustedAddress: RemoteAddressRule;
  readonly accounts: ReadonlyMap<string, AclAccount>;
  /** What was read with a doubt, for the log. Never holds a secret. */
  readonly warnings: readonly string[];
}

/** @throws AclError ACL_BAD_FILE saying what is wrong; secrets are never in the message. */
export function parseAclAccounts(content: string): AclAccounts {
  let root: unknown;
  try {
    // The failsafe schema keeps every scalar as text: a secret of 12345678 is no number.
    root = parse(content, { schema: 'failsafe', maxAliasCount: 0 });
  } catch (error) {
    // Without its cause, which quotes the line: a secret may be in it.
    throw new AclError('ACL_BAD_FILE', `it is not YAML: ${String(error).split('\n')[0]}`);
  }
  if (!isEntry(root))
    throw new AclError('ACL_BAD_FILE', 'it has no accounts and no globalWhiteRemoteAddresses');
  const warnings: string[] = [];
  const global = list(root, 'globalWhiteRemoteAddresses').map((entry) => parseRemoteAddressRule(text(entry)));
  const accounts = new Map<string, AclAccount>();
  for (const entry of list(root, 'accounts')) {
    if (!isEntry(entry))
      throw new AclError('ACL_BAD_FILE', 'an entry of accounts is not a set of key: value lines');
    const account = new AclAccount(entry, warnings);
    if (accounts.has(account.accessKey))
      warnings.push(`account ${account.accessKey} is there twice: the last one counts`);
    accounts.set(account.accessKey, account);
  }
  return { isTrustedAddress: (ip) => global.some((rule) => rule(ip)), accounts, warnings };
}

type Entry = { readonly [key: string]: unknown };

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function list(entry: Entry, key: string): unknown[] {
  const value = entry[key];
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value;
  throw new AclError('ACL_BAD_FILE', `${key} must be a list, one "- item" a line`);
}

function requiredKey(entry: Entry, key: 'accessKey' | 'secretKey'): string {
  const value = text(entry[key]);
  if (value.length >= MIN_KEY_LENGTH) return value;
  const whose = key === 'secretKey' ? ` of accessKey "${text(entry.accessKey)}"` : '';
  throw new AclError(
    'ACL_BAD_FILE',
    `the ${key}${whose} must have more than 6 characters, it has ${value.length}`,
  );
}

function pairs(entry: Entry, key: 'topicPerms' | 'groupPerms'): Array<[string, string]> {
  return list(entry, key).map((item) => {
    const parts = text(item).split('=');
    if (parts.length === 2) return [parts[0].trim(), parts[1].trim()];
    throw new AclError('ACL_BAD_FILE', `the entry "${text(item)}" of ${key} is not name=PERMISSION`);
  });
}
