/** GET_ALL_CONSUMER_OFFSET (43): every group's progress, for slaves (AdminBrokerProcessor.getAllConsumerOffset). */
import { encodeConsumerOffsetTable } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getAllConsumerOffset(context: ControlContext): Handler {
  return () => success(encodeConsumerOffsetTable({ offsetTable: context.offsets.table() }));
}
