/**
 * How far long work is, on one line of the terminal: `printMsg [#####-----]  48 % 480,000/1,000,000, 12 s left`.
 *
 * Invariants: it writes to standard error only, and only where that is a terminal; whoever prints to the same terminal
 * calls `hide` before, so that the bar never stands in the middle of a line. Not in 4.4.0.
 */
import type { Clock } from '@rocketmq-ts/platform';

const DRAW_MS = 100;
const BAR_CELLS = 20;
const MIN_COLUMNS = 40;
const CLEAR_LINE = '\r\u001b[2K';

export class ProgressBar {
  readonly #clock: Clock;
  readonly #write: ((text: string) => void) | undefined;
  readonly #columns: number;
  #label = '';
  #done = 0;
  #total = 0;
  #beganMs = 0;
  /** What was done already when this began, which says nothing of the speed. */
  #beganAt = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #shown = false;
  #lineOpen = false;

  /** Without `write` it shows nothing. */
  constructor(clock: Clock, write?: (text: string) => void, columns = 80) {
    this.#clock = clock;
    this.#write = columns < MIN_COLUMNS ? undefined : write;
    this.#columns = columns;
  }

  begin(label: string, total: number, done = 0): void {
    this.#label = label;
    this.#total = total;
    this.#done = done;
    this.#beganAt = done;
    this.#beganMs = this.#clock.monotonicMs();
    this.#draw();
  }

  advance(by = 1): void {
    this.#done += by;
    this.#draw();
  }

  end(): void {
    this.#total = 0;
    this.hide();
  }

  /** Before something else is printed; `text` is that, to see whether it ends its line. */
  hide(text = '\n'): void {
    if (this.#shown) this.#write?.(CLEAR_LINE);
    this.#shown = false;
    if (text !== '') this.#lineOpen = !text.endsWith('\n');
  }

  #draw(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#write === undefined || this.#total <= 0 || this.#lineOpen) return;
    if (nowMs - this.#drawnMs < DRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#shown = true;
    this.#write(`${CLEAR_LINE}${this.#text(nowMs).slice(0, this.#columns - 1)}`);
  }

  #text(nowMs: number): string {
    const share = Math.min(1, this.#done / this.#total);
    const full = Math.floor(share * BAR_CELLS);
    const bar = '#'.repeat(full) + '-'.repeat(BAR_CELLS - full);
    const percent = String(Math.floor(share * 100)).padStart(3);
    return `${this.#label} [${bar}] ${percent} % ${grouped(this.#done)}/${grouped(this.#total)}${this.#left(nowMs)}`;
  }

  #left(nowMs: number): string {
    const advanced = this.#done - this.#beganAt;
    const tookMs = nowMs - this.#beganMs;
    if (advanced <= 0 || tookMs < 1000) return '';
    const seconds = Math.ceil(((this.#total - this.#done) * (tookMs / advanced)) / 1000);
    return `, ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} left`;
  }
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
