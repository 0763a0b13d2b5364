/**
 * Which processes live on this machine, as a seam: a store folder belongs to a process, and a pid alone does not
 * name one, because pids are reused.
 */
export interface ProcessTable {
  /** This process. */
  readonly ownPid: number;
  /**
   * When the process started, as text that differs between two processes with the same pid (ticks since boot on
   * Linux; empty where the system does not tell); undefined when no such process lives.
   */
  startOf(pid: number): string | undefined;
}
