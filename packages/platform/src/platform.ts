/** All seams to the outside world in one value, handed to every part when it is made. */
import type { Clock } from './clock.ts';
import type { FileSystem } from './file-system.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Turn } from './turn.ts';

export interface Platform {
  readonly clock: Clock;
  readonly fileSystem: FileSystem;
  readonly network: Network;
  readonly random: Random;
  readonly turn: Turn;
}
