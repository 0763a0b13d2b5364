/** GET_ALL_DELAY_OFFSET (45): progress of the delay levels, for slaves (AdminBrokerProcessor.getAllDelayOffset). */
import { encodeDelayOffsetTable } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getAllDelayOffset(context: ControlContext): Handler {
  return () => success(encodeDelayOffsetTable({ offsetTable: new Map(context.delayOffsets()) }));
}
