/** Placeholder of the queue's public face. */
export interface ConsumeQueue {
  readonly topic: string;
  readonly queueId: number;
  /** First offset whose record is still in the log. */
  readonly minOffset: number;
  /** One past the last offset that consumers may see. */
  readonly maxOffset: number;
  /** Called in TurnPhase.complete once new records are visible. */
  arrivalListener: ((queue: ConsumeQueue) => void) | undefined;
}
