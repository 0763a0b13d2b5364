/**
 * Results that were answered with success and are none: whoever only reads the exit code must know. The text and the JSON
 * have been printed by then.
 */
import type { ConsumeMessageDirectlyResult } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import type { AdminSendResult } from '../message-admin.ts';

const CONSUMED = ['CR_SUCCESS', 'CR_COMMIT'];

/** Throws ADMIN_PARTLY_FAILED when the client was given the message and did not consume it. */
export function checkConsumed({ consumeResult, remark }: ConsumeMessageDirectlyResult): void {
  if (CONSUMED.includes(consumeResult ?? '')) return;
  const why = remark ? `: ${remark}` : '';
  throw new AdminError(
    'ADMIN_PARTLY_FAILED',
    `the client has the message, and answers ${consumeResult}${why}`,
  );
}

/** Throws ADMIN_PARTLY_FAILED when the message is stored and not as safe as the broker is told to make it. */
export function checkStored({ sendStatus, msgId }: AdminSendResult): void {
  if (sendStatus === 'SEND_OK') return;
  throw new AdminError(
    'ADMIN_PARTLY_FAILED',
    `message ${msgId} is stored, but ${sendStatus}: sent again, it comes twice`,
  );
}

/** Throws ADMIN_NOT_FOUND when a server has no such key: 4.4.0's say that they have set it. */
export function checkKnown(key: string, address: string, properties: ReadonlyMap<string, string>): void {
  if (properties.has(key)) return;
  throw new AdminError(
    'ADMIN_NOT_FOUND',
    `${address} has no setting ${key}, and sets nothing, even where it answers success`,
  );
}
