/**
 * The header of PULL_MESSAGE, read from the scanned fields into numbers and places in the view.
 *
 * Fields: consumerGroup topic queueId queueOffset maxMsgNums sysFlag commitOffset suspendTimeoutMillis subscription
 * subVersion expressionType. Those that only a flag asks for are needed only with the flag, as 4.4.0 has it in effect.
 *
 * Invariant: valid until the next `read`.
 */
import { type HeaderView, PullSysFlag } from '@rocketmq-ts/protocol';

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
    this.group = needed(view, 'consumerGroup');
    this.topic = needed(view, 'topic');
    this.queueId = view.int(needed(view, 'queueId'));
    this.queueOffset = view.long(needed(view, 'queueOffset'));
    this.maxMsgNums = view.int(needed(view, 'maxMsgNums'));
    this.sysFlag = view.int(needed(view, 'sysFlag'));
    this.commitOffset = whenFlagged(view, 'commitOffset', this.hasCommitOffset);
    this.suspendTimeoutMillis = whenFlagged(view, 'suspendTimeoutMillis', this.hasSuspend);
    this.subVersion = this.hasSubscription ? 0 : version(view, needed(view, 'subVersion'));
    this.subscription = view.find('subscription');
    this.expressionType = view.find('expressionType');
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

function needed(view: HeaderView, name: string): number {
  const index = view.find(name);
  return index >= 0 ? index : view.missing(name);
}

function whenFlagged(view: HeaderView, name: string, flagged: boolean): number {
  const index = view.find(name);
  if (index >= 0) return view.long(index);
  return flagged ? view.missing(name) : 0;
}

/** Any 64-bit number: Go clients send nanoseconds. Only the order counts, so what is no safe integer is rounded. */
function version(view: HeaderView, index: number): number {
  const digits = view.valueEnd[index]! - view.valueStart[index]!;
  if (digits < SAFE_DIGITS) return view.long(index);
  const text = view.string(index);
  return /^[+-]?\d{1,19}$/.test(text) ? Number(text) : view.long(index);
}
