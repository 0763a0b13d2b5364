/** What a SYNC_MASTER's answers wait for: how far its slaves hold the log (RocketMQ: HAService.isSlaveOK, push2SlaveMaxOffset). */
export interface SlaveAcks {
  /** Everything below is held by at least one slave. */
  readonly ackedOffset: number;
  /** A slave is connected that is not too far behind to wait for, when the log ends at `endOffset`. */
  isAvailable(endOffset: number): boolean;
  /** Called when `ackedOffset` has grown. */
  onAck(listener: () => void): void;
}
