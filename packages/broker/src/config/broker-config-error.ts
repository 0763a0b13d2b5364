/** A configuration that cannot be used: names every key that is wrong, its value and what is allowed. */
import { BrokerError } from '../broker-error.ts';

export class BrokerConfigError extends BrokerError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('BROKER_BAD_SETTING', problems.join('; '));
    this.name = 'BrokerConfigError';
    this.problems = problems;
  }
}
