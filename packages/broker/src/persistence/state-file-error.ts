/** A file of the broker's own state that cannot be read: says which, why, and what to do. */
import { BrokerError } from '../broker-error.ts';

export class StateFileError extends BrokerError {
  constructor(message: string, cause?: unknown) {
    super('BROKER_STATE_DAMAGED', message, { cause });
    this.name = 'StateFileError';
  }
}
