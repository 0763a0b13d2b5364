/** VIEW_BROKER_STATS_DATA (315): one counter's last minute, hour and day (AdminBrokerProcessor.ViewBrokerStatsData). */
import { ExtReader, encodeBrokerStatsData } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function viewBrokerStatsData(context: ControlContext): Handler {
  return (request) => {
    const header = new ExtReader(request.code, request.ext);
    const name = header.string('statsName');
    const key = header.string('statsKey');
    const found = context.statistics.snapshots(name, key);
    if (found === undefined) return systemError(`The stats <${name}> <${key}> not exist`);
    return success(
      encodeBrokerStatsData({ statsMinute: found.minute, statsHour: found.hour, statsDay: found.day }),
    );
  };
}
