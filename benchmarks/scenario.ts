/** A scenario measures one or more rows; main.ts runs those that the command line chooses. */
import type { LoadProcess } from './load/load-process.ts';
import type { Measure, Table } from './results.ts';
import type { RoundSettings } from './rounds.ts';
import type { SubjectName } from './subject.ts';

export interface ScenarioContext {
  readonly generator: LoadProcess;
  readonly settings: RoundSettings;
  /** 1 for a full run, less for a quick one: multiplies counts and durations. */
  readonly scale: number;
  log(line: string): void;
}

export interface RowPlan {
  readonly id: string;
  readonly table: Table;
  readonly title: string;
}

export interface MeasuredRow extends RowPlan {
  readonly measures: Readonly<Record<SubjectName, Measure>>;
}

export interface Scenario {
  readonly name: string;
  readonly rows: readonly RowPlan[];
  /** Measures the wanted ones of its rows. */
  run(context: ScenarioContext, wanted: ReadonlySet<string>): Promise<MeasuredRow[]>;
}
