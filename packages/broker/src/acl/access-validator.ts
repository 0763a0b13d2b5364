/**
 * Says whether a request may be made. Counterpart: PlainPermissionLoader.validate.
 *
 * Order: trusted addresses of all, the account, its trusted addresses, the signature, then what the code needs. Nothing is
 * allowed that is not listed.
 */
import { AclField, requestCodeName, verifySignature } from '@rocketmq-ts/protocol';
import { type AccessRequest, accessRule } from './access-rules.ts';
import type { AclAccount, AclAccounts } from './acl-accounts.ts';
import { AclError } from './acl-error.ts';
import { permits } from './permission.ts';

export class AccessValidator {
  #accounts: AclAccounts;

  constructor(accounts: AclAccounts) {
    this.#accounts = accounts;
  }

  /** From now on these accounts count. */
  replaceAccounts(accounts: AclAccounts): void {
    this.#accounts = accounts;
  }

  /** @param remoteIp IPv4 of the peer, as text. */
  isTrustedAddress(remoteIp: string): boolean {
    return this.#accounts.isTrustedAddress(remoteIp);
  }

  /**
   * @param remoteIp IPv4 of the peer, as text.
   * @throws AclError ACL_DENIED
   */
  validate(request: AccessRequest, remoteIp: string): void {
    if (this.#accounts.isTrustedAddress(remoteIp)) return;
    const accessKey = request.ext.get(AclField.ACCESS_KEY);
    if (accessKey === undefined) throw denied('No accessKey is configured');
    const account = this.#accounts.accounts.get(accessKey);
    if (account === undefined) throw denied(`No acl config for ${accessKey}`);
    if (account.isTrustedAddress(remoteIp)) return;
    if (!verifySignature(request.ext, request.body, account.secretKey)) {
      throw denied(`Check signature failed for accessKey=${accessKey}`);
    }
    checkPermissions(request, account);
  }
}

function checkPermissions(request: AccessRequest, account: AclAccount): void {
  const rule = accessRule(request.code);
  if (rule === undefined) {
    throw denied(
      `request code=${request.code} (${requestCodeName(request.code)}) is not allowed under access control`,
    );
  }
  if (account.admin || rule === 'any account') return;
  if (rule === 'admin') {
    throw denied(
      `Need admin permission for request code=${request.code}, but accessKey=${account.accessKey} is not`,
    );
  }
  for (const { resource, permission } of rule(request)) {
    if (!permits(account.permissionOn(resource), permission))
      throw denied(`No default permission for ${resource}`);
  }
}

function denied(message: string): AclError {
  return new AclError('ACL_DENIED', message);
}
