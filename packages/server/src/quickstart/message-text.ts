/**
 * A received message in the words in which the Java example prints it, so that what reads those lines reads ours.
 * Counterpart: MessageExt.toString, Message.toString.
 */
import type { MessageExt } from '@rocketmq-ts/protocol';

export function messageText(message: MessageExt): string {
  return (
    `MessageExt [queueId=${message.queueId}, storeSize=${message.storeSize}, queueOffset=${message.queueOffset}, ` +
    `sysFlag=${message.sysFlag}, bornTimestamp=${message.bornTimestamp}, bornHost=/${message.bornHost}, ` +
    `storeTimestamp=${message.storeTimestamp}, storeHost=/${message.storeHost}, msgId=${message.offsetMsgId}, ` +
    `commitLogOffset=${message.commitLogOffset}, bodyCRC=${message.bodyCRC}, ` +
    `reconsumeTimes=${message.reconsumeTimes}, ` +
    `preparedTransactionOffset=${message.preparedTransactionOffset}, toString()=${plainText(message)}]`
  );
}

function plainText(message: MessageExt): string {
  const properties = [...message.properties].map(([key, value]) => `${key}=${value}`).join(', ');
  const body = [...new Int8Array(message.body)].join(', ');
  const transactionId = message.properties.get('TRAN_MSG') === 'true' ? message.msgId : 'null';
  return (
    `Message{topic='${message.topic}', flag=${message.flag}, properties={${properties}}, body=[${body}], ` +
    `transactionId='${transactionId}'}`
  );
}
