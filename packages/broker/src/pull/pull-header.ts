/**
 * The header of PULL_MESSAGE, read from the scanned fields into numbers and places in the view.
 *
 * Fields: consumerGroup topic queueId queueOffset maxMsgNums sysFlag commitOffset suspendTimeoutMillis subscription
 * subVersion expressionType. Those that only a flag asks for are needed only with the flag, as 4.4.0 has it in effect.
 *
 * Invariant: valid until the next `read`.
 */
import { HeaderKey, type HeaderView, PullSysFlag } from '@rocketmq-ts/protocol';

const FIELDS = {
  consumerGroup: new HeaderKey('consumerGroup'),
  topic: new HeaderKey('topic'),
  queueId: new HeaderKey('queueId'),
  queueOffset: new HeaderKey('queueOffset'),
  maxMsgNums: new HeaderKey('maxMsgNums'),
  sysFlag: new HeaderKey('sysFlag'),
  commitOffset: new HeaderKey('commitOffset'),
  suspendTimeoutMillis: new HeaderKey('suspendTimeoutMillis'),
  subVersion: new HeaderKey('subVersion'),
  subscription: new HeaderKey('subscription'),
  expressionType: new HeaderKey('expressionType'),
} as const;

/** Numbers with fewer digits are safe integers. */
const SAFE_DIGITS = 16;

export class PullHeader {
  /** Places in the view; -1 when missing. */
  group = 0;
  topic = 0;
  subscription = -1;
  expressionType = -1;
  queueId = 0;
  queueOffset = 0;
  maxMsgNums = 0;
  sysFlag = 0;
  commitOffset = 0;
  suspendTimeoutMillis = 0;
  subVersion = 0;

  /** Throws ProtocolError, naming the field. */
  read(view: HeaderView): void {
    this.group = needed(view, FIELDS.consumerGroup);
    this.topic = needed(view, FIELDS.topic);
    this.queueId = view.int(needed(view, FIELDS.queueId));
    this.queueOffset = view.long(needed(view, FIELDS.queueOffset));
    this.maxMsgNums = view.int(needed(view, FIELDS.maxMsgNums));
    this.sysFlag = view.int(needed(view, FIELDS.sysFlag));
    this.commitOffset = whenFlagged(view, FIELDS.commitOffset, this.hasCommitOffset);
    this.suspendTimeoutMillis = whenFlagged(view, FIELDS.suspendTimeoutMillis, this.hasSuspend);
    this.subVersion = this.hasSubscription ? 0 : version(view, needed(view, FIELDS.subVersion));
    this.subscription = view.find(FIELDS.subscription);
    this.expressionType = view.find(FIELDS.expressionType);
  }

  get hasCommitOffset(): boolean {
    return (this.sysFlag & PullSysFlag.COMMIT_OFFSET) !== 0;
  }

  get hasSuspend(): boolean {
    return (this.sysFlag & PullSysFlag.SUSPEND) !== 0;
  }

  get hasSubscription(): boolean {
    return (this.sysFlag & PullSysFlag.SUBSCRIPTION) !== 0;
  }
}

function needed(view: HeaderView, field: HeaderKey): number {
  const index = view.find(field);
  return index >= 0 ? index : view.missing(field.name);
}

function whenFlagged(view: HeaderView, field: HeaderKey, flagged: boolean): number {
  const index = view.find(field);
  if (index >= 0) return view.long(index);
  return flagged ? view.missing(field.name) : 0;
}

/** Any 64-bit number: Go clients send nanoseconds. Only the order counts, so what is no safe integer is rounded. */
function version(view: HeaderView, index: number): number {
  const digits = view.valueEnd[index]! - view.valueStart[index]!;
  if (digits < SAFE_DIGITS) return view.long(index);
  const text = view.string(index);
  return /^[+-]?\d{1,19}$/.test(text) ? Number(text) : view.long(index);
}
