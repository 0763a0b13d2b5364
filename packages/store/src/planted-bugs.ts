/**
 * Owns faults that tests switch on to show that they would notice them: a simulator that finds nothing proves nothing. Never
 * set elsewhere.
 */
export interface PlantedBugs {
  /** Reports records as durable before the sync. */
  readonly acknowledgeBeforeSync?: boolean;
  /** Goes on after a failed sync as if it had succeeded. */
  readonly ignoreFailedSync?: boolean;
  /** Trusts what the system shows of the log after a kill: does not write again what may not have been synced. */
  readonly trustPageCache?: boolean;
  /** Notes the log as synced when the sync begins. */
  readonly markSyncEarly?: boolean;
  /** Takes a sync of a queue file for good although an earlier one has failed. */
  readonly retryQueueSync?: boolean;
  /** Takes the queues as they are found after a crash. */
  readonly skipReplay?: boolean;
  /** Moves the marks before the queue files are durable. */
  readonly markBeforeSync?: boolean;
  /** Leaves what a crash left behind the end of the log. */
  readonly keepTornTail?: boolean;
  /** Creates files without making their names durable. */
  readonly forgetFolderSync?: boolean;
}
