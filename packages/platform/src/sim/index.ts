export { SimClock } from './sim-clock.ts';
export {
  type SimFault,
  SimFileSystem,
  type SimFileSystemOptions,
  type SimOperation,
  type SimOperationKind,
} from './sim-file-system.ts';
export { SimNetwork, type SimNetworkOptions } from './sim-network.ts';
export { SimRandom } from './sim-random.ts';
