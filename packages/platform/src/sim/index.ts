export { SimClock } from './sim-clock.ts';
export { SimNetwork, type SimNetworkOptions } from './sim-network.ts';
export { SimRandom } from './sim-random.ts';
