/**
 * UPDATE_BROKER_CONFIG (25): changes settings while the broker runs.
 *
 * All keys of a request are taken or none. Paths, addresses, identity, file geometry and security cannot be changed from here,
 * but may be given the value they have. What is taken is in the file when the answer goes out.
 *
 * Counterpart in RocketMQ: AdminBrokerProcessor.updateBrokerConfig, which takes every key and lets a wrong value keep the
 * broker from starting again.
 */
import { parseProperties } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { BrokerConfigError } from '../config/broker-config-error.ts';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function updateBrokerConfig(context: ControlContext): Handler {
  return async (request, connection) => {
    const asked = parseProperties(request.body.toString('utf8'));
    try {
      const update = context.config.planUpdate(asked);
      if (update.changes.size === 0) return success();
      context.persistConfig(update.changes);
      update.apply(context.platform.clock.now());
      const changes = Object.fromEntries(update.changes);
      context.logger.info('an administrator changed the configuration', {
        changes,
        by: connection.remoteAddress,
      });
      context.configChanged(new Set(update.changes.keys()));
    } catch (error) {
      if (!(error instanceof BrokerConfigError)) throw error;
      context.logger.warn(`refused a change of the configuration: ${error.message}`, {
        by: connection.remoteAddress,
      });
      return systemError(error.message);
    }
    if (asked.has('brokerPermission')) {
      context.topics.nextVersion();
      await context.nameServers.registerAll(true);
    }
    return success();
  };
}
