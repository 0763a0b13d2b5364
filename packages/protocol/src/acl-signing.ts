import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signatures of requests under access control (`AclClientRPCHook`, `AclSigner`).
 *
 *     content   = the values of all ext fields but `Signature`, in the UTF-16 order of their names, then the body
 *     signature = Base64(HMAC-SHA1(secretKey, content))
 *
 * The 4.4.0 client signs its declared header fields only; it adds one undeclared field to QUERY_MESSAGE behind the signature's
 * back, so a server of 4.4.0 refuses that call. A verifier accepts it with and without that field.
 */
export const AclField = {
  ACCESS_KEY: 'AccessKey',
  SIGNATURE: 'Signature',
  SECURITY_TOKEN: 'SecurityToken',
} as const;

/** Added by the 4.4.0 client after it has signed. */
const UNSIGNED_BY_JAVA = '_UNIQUE_KEY_QUERY';

export interface SessionCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

/** The fields to add to a request's ext fields, which must already hold everything else. */
export function signRequest(
  ext: ReadonlyMap<string, string>,
  body: Uint8Array | undefined,
  credentials: SessionCredentials,
): Map<string, string> {
  const added = new Map<string, string>([[AclField.ACCESS_KEY, credentials.accessKey]]);
  if (credentials.securityToken !== undefined) added.set(AclField.SECURITY_TOKEN, credentials.securityToken);
  const signed = new Map([...ext, ...added]);
  added.set(AclField.SIGNATURE, signature(signed, body, credentials.secretKey).toString('base64'));
  return added;
}

/** Whether the request carries the signature that the secret gives; compared in constant time. */
export function verifySignature(
  ext: ReadonlyMap<string, string>,
  body: Uint8Array | undefined,
  secretKey: string,
): boolean {
  const claimed = Buffer.from(ext.get(AclField.SIGNATURE) ?? '', 'base64');
  if (matches(signature(ext, body, secretKey), claimed)) return true;
  if (!ext.has(UNSIGNED_BY_JAVA)) return false;
  const signed = new Map(ext);
  signed.delete(UNSIGNED_BY_JAVA);
  return matches(signature(signed, body, secretKey), claimed);
}

function signature(
  ext: ReadonlyMap<string, string>,
  body: Uint8Array | undefined,
  secretKey: string,
): Buffer {
  const names = [...ext.keys()].filter((name) => name !== AclField.SIGNATURE).sort(byUtf16);
  const hmac = createHmac('sha1', Buffer.from(secretKey));
  hmac.update(names.map((name) => ext.get(name)).join(''), 'utf8');
  if (body !== undefined) hmac.update(body);
  return hmac.digest();
}

function matches(expected: Buffer, claimed: Buffer): boolean {
  return expected.length === claimed.length && timingSafeEqual(expected, claimed);
}

function byUtf16(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
