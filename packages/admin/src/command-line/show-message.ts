/**
 * One message with all its fields, its body saved to a file, and what each group did with it. Shared by the commands that
 * find a message by something. Counterpart: QueryMsgByIdSubCommand.printMsg.
 */
import { type MessageExt, PropertyKey } from '@rocketmq-ts/protocol';
import { dateTimeMillis } from '../text/date-text.ts';
import { mapText, trackText } from '../text/java-text.ts';
import type { CommandContext } from './command.ts';
import { messageValue } from './report.ts';

const BODY_FOLDER = '/tmp/rocketmq/msgbodys';

/** `withOffsetId` prints the id of where it is stored, twice, as 4.4.0 does. */
export async function showMessage(
  { admin, report, platform }: CommandContext,
  message: MessageExt,
  withOffsetId: boolean,
): Promise<void> {
  platform.fileSystem.mkdirSync(BODY_FOLDER);
  const bodyPath = `${BODY_FOLDER}/${message.msgId.replaceAll(/[^\w.-]/g, '_')}`;
  platform.fileSystem.writeFileSync(bodyPath, message.body);
  const rows: [string, string | number][] = [
    ['Topic:', message.topic],
    ['Tags:', `[${message.properties.get(PropertyKey.TAGS) ?? null}]`],
    ['Keys:', `[${message.properties.get(PropertyKey.KEYS) ?? null}]`],
    ['Queue ID:', message.queueId],
    ['Queue Offset:', message.queueOffset],
    ['CommitLog Offset:', message.commitLogOffset],
    ['Reconsume Times:', message.reconsumeTimes],
    ['Born Timestamp:', dateTimeMillis(message.bornTimestamp)],
    ['Store Timestamp:', dateTimeMillis(message.storeTimestamp)],
    ['Born Host:', message.bornHost],
    ['Store Host:', message.storeHost],
    ['System Flag:', message.sysFlag],
    ['Properties:', mapText(message.properties)],
    ['Message Body Path:', bodyPath],
  ];
  if (withOffsetId) rows.unshift(['OffsetID:', message.offsetMsgId], ['OffsetID:', message.offsetMsgId]);
  for (const [name, value] of rows) report.printf('%-20s %s%n', name, value);
  const tracks = await admin.messageTrackDetail(message);
  report.printf('%n%n');
  if (tracks.length === 0) report.text('WARN: No Consumer');
  for (const track of tracks) report.text(trackText(track));
  report.item({ ...messageValue(message), bodyPath, tracks });
}
