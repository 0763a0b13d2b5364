/** Messages one a line, as printMsg, printMsgByQueue and consumeMessage print them. */
import type { MessageExt } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { messageText } from '../text/java-text.ts';
import { messageValue, type Report } from './report.ts';

/** `charset` undefined leaves the bodies out. */
export function printMessages(
  report: Report,
  messages: readonly MessageExt[],
  charset: string | undefined,
): void {
  for (const message of messages) {
    const body = charset === undefined ? 'NOT PRINT BODY' : decode(message.body, charset);
    report.printf('MSGID: %s %s BODY: %s%n', message.msgId, messageText(message), body);
    report.item(messageValue(message));
  }
}

function decode(body: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(body);
  } catch (error) {
    throw new AdminError('ADMIN_USAGE', `"${charset}" is no charset that is known here`, error);
  }
}
