/** `decodeMessageId`: what is in a message id. In 4.4.0's sources for unique ids, not among its commands. */
import { decodeOffsetMsgId, ipOfUniqueId, ProtocolError, timeOfUniqueId } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { type Command, required } from '../command-line/command.ts';
import { dateTimeMillis } from '../text/date-text.ts';

export const command: Command = {
  name: 'decodeMessageId',
  options: [required('i', 'messageId', 'unique message ID')],
  local: true,
  async run({ options, report, platform }) {
    const id = options.text('i');
    try {
      const { ip, port, offset } = decodeOffsetMsgId(id);
      if (port < 65536) {
        report.line(`offset id: store host=${ip}:${port}, commit log offset=${offset}`);
        report.value({ kind: 'offset id', storeHost: `${ip}:${port}`, commitLogOffset: offset });
        return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    if (!/^[0-9a-fA-F]{32}$/.test(id))
      throw new AdminError('ADMIN_USAGE', `"${id}" is no message id; those have 32 hexadecimal digits`);
    const time = timeOfUniqueId(id, platform.clock.now());
    report.line(`unique id: ip=${ipOfUniqueId(id)}, date=${dateTimeMillis(time)}`);
    report.value({ kind: 'unique id', ip: ipOfUniqueId(id), timestamp: time });
  },
};
