/** The broker's own counters: plain numbers that only grow, incremented on the data path. */
import type { BrokerStats } from '../broker-context.ts';
import { PutTimes } from './put-times.ts';

export class BrokerCounters implements BrokerStats {
  putNums = 0;
  putSizeBytes = 0;
  putFailedNums = 0;
  getNums = 0;
  getSizeBytes = 0;
  getFoundTimes = 0;
  getMissTimes = 0;
  putEntireTimeMaxMs = 0;
  getEntireTimeMaxMs = 0;
  readonly putTimes = new PutTimes();
}
