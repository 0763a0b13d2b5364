/** Counts what may be under way at one time (the semaphores of `NettyRemotingAbstract`). */
export class Permits {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  take(): boolean {
    if (this.used >= this.limit) return false;
    this.used++;
    return true;
  }

  release(count = 1): void {
    this.used -= count;
  }
}
