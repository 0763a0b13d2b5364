/** What the figures of a scrape are taken from: the broker's control side and its slaves. */
import type { ControlContext } from '../control/control-context.ts';

export interface MetricsSource {
  readonly control: ControlContext;
  /** Slaves that are connected, and how far each holds the log (-1: it has not said yet). None on a slave. */
  readonly slaves: () => readonly { readonly address: string; readonly ackedOffset: number }[];
  readonly connectionCount: () => number;
}
