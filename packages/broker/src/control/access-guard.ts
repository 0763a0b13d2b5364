/** Lets every request pass through access control before its handler sees it (RocketMQ: BrokerController.initialAcl). */
import { join } from 'node:path';
import type { Logger, Platform } from '@rocketmq-ts/platform';
import { ProtocolError, ResponseCode } from '@rocketmq-ts/protocol';
import type { RequestGuard } from '@rocketmq-ts/remoting';
import type { AccessValidator } from '../acl/access-validator.ts';
import { AclError } from '../acl/acl-error.ts';
import type { AclFile } from '../acl/acl-file.ts';
import { BrokerError } from '../broker-error.ts';
import type { ConfigValues } from '../config/config-keys.ts';

/** Opens `conf/plain_acl.yml` of rocketmqHome. Rejects with AclError, BrokerError. */
export async function openAclFile(
  platform: Platform,
  config: ConfigValues,
  logger: Logger,
): Promise<AclFile> {
  if (config.rocketmqHome === '') {
    throw new BrokerError(
      'BROKER_BAD_SETTING',
      'aclEnable=true needs rocketmqHome (or ROCKETMQ_HOME): the folder with conf/plain_acl.yml',
    );
  }
  // Loaded only when wanted: reading YAML takes a tenth of the start of a broker.
  const { AclFile } = await import('../acl/acl-file.ts');
  return new AclFile(platform, join(config.rocketmqHome, 'conf', 'plain_acl.yml'), logger);
}

export function accessGuard(validator: AccessValidator): RequestGuard {
  return (view, buffer, bodyStart, bodyEnd, connection) => {
    const body = bodyEnd > bodyStart ? buffer.subarray(bodyStart, bodyEnd) : undefined;
    try {
      validator.validate({ code: view.code, ext: view.toExt(), body }, ipOf(connection.remoteAddress));
      return undefined;
    } catch (error) {
      // A body that cannot be read cannot be checked either.
      if (!(error instanceof AclError) && !(error instanceof ProtocolError)) throw error;
      const remark = error instanceof AclError ? error.remark : error.message;
      return { code: ResponseCode.SYSTEM_ERROR, remark };
    }
  };
}

function ipOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
