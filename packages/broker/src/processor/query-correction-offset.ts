/**
 * QUERY_CORRECTION_OFFSET (308): the lowest offset any group has reached in each queue, Long.MAX where the group compared with
 * has not come that far.
 *
 * Counterpart in RocketMQ: AdminBrokerProcessor.queryCorrectionOffset; there the groups to leave out are deleted from the
 * offset table, and the group to compare with is never found.
 */
import { ExtReader, encodeQueryCorrectionOffsetBody } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

const LONG_MAX = 2n ** 63n - 1n;

export function queryCorrectionOffset(context: ControlContext): Handler {
  return (request) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    const leftOut = new Set(
      (header.optionalString('filterGroups') ?? '').split(',').map((group) => group.trim()),
    );
    const correctionOffsets = new Map<number, number | bigint>(lowest(context, topic, leftOut));
    const compared = context.offsets.offsetsOf(header.string('compareGroup'), topic) ?? [];
    compared.forEach((offset, queueId) => {
      const low = correctionOffsets.get(queueId);
      if (offset >= 0 && low !== undefined && low > offset) correctionOffsets.set(queueId, LONG_MAX);
    });
    return success(encodeQueryCorrectionOffsetBody({ correctionOffsets }));
  };
}

function lowest(context: ControlContext, topic: string, leftOut: ReadonlySet<string>): Map<number, number> {
  const offsets = new Map<number, number>();
  for (const group of context.offsets.groupsOfTopic(topic)) {
    if (leftOut.has(group)) continue;
    context.offsets.offsetsOf(group, topic)?.forEach((offset, queueId) => {
      if (offset < Math.max(0, context.store.minOffset(topic, queueId))) return;
      offsets.set(queueId, Math.min(offset, offsets.get(queueId) ?? offset));
    });
  }
  return offsets;
}
