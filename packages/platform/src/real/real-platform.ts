/** The machine behind all seams. */
import type { Platform } from '../platform.ts';
import { Turn } from '../turn.ts';
import { RealClock } from './real-clock.ts';
import { RealFileSystem } from './real-file-system.ts';
import { RealNetwork } from './real-network.ts';
import { RealRandom } from './real-random.ts';

/** One per process: its `turn` is what gathers the work of a turn of the event loop. */
export function realPlatform(): Platform {
  const clock = new RealClock();
  return {
    clock,
    fileSystem: new RealFileSystem(),
    network: new RealNetwork(),
    random: new RealRandom(),
    turn: new Turn(clock),
  };
}
