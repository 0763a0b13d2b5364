/** `updateOrderConf`: which queues an ordered topic has on which broker. Counterpart: UpdateOrderConfCommand. */
import { AdminError } from '../admin-error.ts';
import { ORDER_TOPIC_CONFIG } from '../cluster-admin.ts';
import { type Command, option, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'updateOrderConf',
  options: [
    required('t', 'topic', 'topic name'),
    option('v', 'orderConf', 'set order conf [eg. brokerName1:num;brokerName2:num]'),
    required('m', 'method', 'option type [eg. put|get|delete'),
  ],
  changes: (options) => options.text('m') !== 'get',
  async run({ options, admin, report, dryRun }) {
    const topic = options.text('t');
    const method = options.text('m');
    if (!['get', 'put', 'delete'].includes(method))
      throw new AdminError('ADMIN_USAGE', `option -m must be put, get or delete, found "${method}"`);
    const orderConf = options.optional('v');
    if (method === 'put' && !orderConf)
      throw new AdminError('ADMIN_USAGE', 'please set orderConf with option -v.');
    const old = method === 'get' || dryRun ? await admin.getKVConfig(ORDER_TOPIC_CONFIG, topic) : undefined;
    if (method === 'get') {
      if (old === undefined) throw new AdminError('ADMIN_NOT_FOUND', `topic ${topic} has no orderConf`);
      report.printf('get orderConf success. topic=[%s], orderConf=[%s] ', topic, old);
      report.value({ topic, orderConf: old });
      return;
    }
    if (dryRun) {
      report.line(
        `would ${method} orderConf of ${topic}: from ${old ?? 'nothing'} to ${orderConf ?? 'nothing'}`,
      );
      report.value({ dryRun, topic, old, orderConf });
      return;
    }
    if (method === 'put') {
      await admin.createOrUpdateOrderConf(topic, orderConf as string, true);
      report.printf('update orderConf success. topic=[%s], orderConf=[%s]', topic, orderConf);
    } else {
      await admin.deleteKvConfig(ORDER_TOPIC_CONFIG, topic);
      report.printf('delete orderConf success. topic=[%s]', topic);
    }
    report.value({ topic, method, orderConf });
  },
};
