/**
 * What a long campaign is. `soak/NAME.ts` exports one as `campaign`; `npm run soak NAME` runs its rounds, each from
 * its own seed, and records them in `soak/results/NAME.jsonl` (see soak/README.md).
 *
 * Invariant: a round depends on its seed and on nothing else, so that a recorded seed replays its failure.
 */
export interface CampaignContext {
  /** One line about progress; goes to the terminal, not into the record. */
  log(line: string): void;
  /** A folder of this round's own, removed after it unless it failed. */
  readonly folder: string;
  /** Aborted when the campaign is interrupted: finish soon, the round is not recorded. */
  readonly signal: AbortSignal;
}

/** What a round found out, recorded as JSON beside its seed: counts, not prose. */
export type RoundResult = Readonly<Record<string, string | number | boolean>>;

export interface Campaign {
  /** One sentence: what is done, and what must hold. */
  readonly description: string;
  /** Rounds of a full run when the command line does not say. */
  readonly rounds: number;
  /** Rounds of the sample that CI runs: seconds, not minutes. */
  readonly sampleRounds: number;
  /** Seeds that a round stands for, where it stands for several: `--from` and `--count` then count those. */
  readonly seedsPerRound?: number;
  /** One round. Throws when what must hold does not. */
  run(seed: number, context: CampaignContext): Promise<RoundResult>;
}
