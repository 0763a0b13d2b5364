/**
 * Which addresses may copy the log.
 *
 * haAllowedAddresses names them, as the white lists of access control do, several entries separated by ";". Without it:
 * everybody, as in 4.4.0; but with aclEnable only those in globalWhiteRemoteAddresses of plain_acl.yml, because the log holds
 * what access control protects, and a slave needs an entry there anyway to copy topics and offsets.
 */
import { parseRemoteAddressRule } from '../acl/remote-address-rule.ts';

export function allowedPeers(
  haAllowedAddresses: string,
  trusted: ((ip: string) => boolean) | undefined,
): (ip: string) => boolean {
  if (haAllowedAddresses.trim() === '') return trusted ?? (() => true);
  const rules = haAllowedAddresses.split(';').map((entry) => parseRemoteAddressRule(entry));
  return (ip) => rules.some((rule) => rule(ip));
}

/** Whether the setting can be read. */
export function isPeerList(text: string): boolean {
  try {
    for (const entry of text.split(';')) parseRemoteAddressRule(entry);
    return true;
  } catch {
    return false;
  }
}
