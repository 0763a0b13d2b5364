export {
  OneProcessServer,
  type OneProcessServerOptions,
} from './one-process-server.ts';
export { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.ts';
