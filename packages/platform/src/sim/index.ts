export { SimClock } from './sim-clock.ts';
export { SimRandom } from './sim-random.ts';
