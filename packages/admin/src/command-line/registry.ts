/**
 * The commands by name. A command's module is loaded when it is called: a start pays for one of them.
 *
 * In the order in which 4.4.0 lists them; descriptions are its own.
 */
import { nearestName } from '@rocketmq-ts/protocol';
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Not a command of 4.4.0. */
  readonly ours?: boolean;
  load(): Promise<{ readonly command: Command }>;
}

export const commandEntries: readonly CommandEntry[] = [
  {
    name: 'updateTopic',
    description: 'Update or create topic',
    load: () => import('../command/update-topic.ts'),
  },
  {
    name: 'deleteTopic',
    description: 'Delete topic from broker and NameServer.',
    load: () => import('../command/delete-topic.ts'),
  },
  {
    name: 'updateSubGroup',
    description: 'Update or create subscription group',
    load: () => import('../command/update-sub-group.ts'),
  },
  {
    name: 'deleteSubGroup',
    description: 'Delete subscription group from broker.',
    load: () => import('../command/delete-sub-group.ts'),
  },
  {
    name: 'updateBrokerConfig',
    description: "Update broker's config",
    load: () => import('../command/update-broker-config.ts'),
  },
  {
    name: 'updateTopicPerm',
    description: 'Update topic perm',
    load: () => import('../command/update-topic-perm.ts'),
  },
  {
    name: 'topicRoute',
    description: 'Examine topic route info',
    load: () => import('../command/topic-route.ts'),
  },
  {
    name: 'topicStatus',
    description: 'Examine topic Status info',
    load: () => import('../command/topic-status.ts'),
  },
  {
    name: 'topicClusterList',
    description: 'get cluster info for topic',
    load: () => import('../command/topic-cluster-list.ts'),
  },
  {
    name: 'brokerStatus',
    description: 'Fetch broker runtime status data',
    load: () => import('../command/broker-status.ts'),
  },
  {
    name: 'queryMsgById',
    description: 'Query Message by Id',
    load: () => import('../command/query-msg-by-id.ts'),
  },
  {
    name: 'queryMsgByKey',
    description: 'Query Message by Key',
    load: () => import('../command/query-msg-by-key.ts'),
  },
  {
    name: 'queryMsgByUniqueKey',
    description: 'Query Message by Unique key',
    load: () => import('../command/query-msg-by-unique-key.ts'),
  },
  {
    name: 'queryMsgByOffset',
    description: 'Query Message by offset',
    load: () => import('../command/query-msg-by-offset.ts'),
  },
  {
    name: 'printMsg',
    description: 'Print Message Detail',
    load: () => import('../command/print-msg.ts'),
  },
  {
    name: 'printMsgByQueue',
    description: 'Print Message Detail',
    load: () => import('../command/print-msg-by-queue.ts'),
  },
  {
    name: 'sendMsgStatus',
    description: 'send msg to broker.',
    load: () => import('../command/send-msg-status.ts'),
  },
  {
    name: 'brokerConsumeStats',
    description: 'Fetch broker consume stats data',
    load: () => import('../command/broker-consume-stats.ts'),
  },
  {
    name: 'producerConnection',
    description: "Query producer's socket connection and client version",
    load: () => import('../command/producer-connection.ts'),
  },
  {
    name: 'consumerConnection',
    description: "Query consumer's socket connection, client version and subscription",
    load: () => import('../command/consumer-connection.ts'),
  },
  {
    name: 'consumerProgress',
    description: "Query consumers's progress, speed",
    load: () => import('../command/consumer-progress.ts'),
  },
  {
    name: 'consumerStatus',
    description: "Query consumer's internal data structure",
    load: () => import('../command/consumer-status.ts'),
  },
  {
    name: 'cloneGroupOffset',
    description: 'clone offset from other group.',
    load: () => import('../command/clone-group-offset.ts'),
  },
  {
    name: 'clusterList',
    description: 'List all of clusters',
    load: () => import('../command/cluster-list.ts'),
  },
  {
    name: 'topicList',
    description: 'Fetch all topic list from name server',
    load: () => import('../command/topic-list.ts'),
  },
  {
    name: 'updateKvConfig',
    description: 'Create or update KV config.',
    load: () => import('../command/update-kv-config.ts'),
  },
  {
    name: 'deleteKvConfig',
    description: 'Delete KV config.',
    load: () => import('../command/delete-kv-config.ts'),
  },
  {
    name: 'wipeWritePerm',
    description: 'Wipe write perm of broker in all name server',
    load: () => import('../command/wipe-write-perm.ts'),
  },
  {
    name: 'resetOffsetByTime',
    description: 'Reset consumer offset by timestamp(without client restart).',
    load: () => import('../command/reset-offset-by-time.ts'),
  },
  {
    name: 'updateOrderConf',
    description: 'Create or update or delete order conf',
    load: () => import('../command/update-order-conf.ts'),
  },
  {
    name: 'cleanExpiredCQ',
    description: 'Clean expired ConsumeQueue on broker.',
    load: () => import('../command/clean-expired-cq.ts'),
  },
  {
    name: 'cleanUnusedTopic',
    description: 'Clean unused topic on broker.',
    load: () => import('../command/clean-unused-topic.ts'),
  },
  {
    name: 'startMonitoring',
    description: 'Start Monitoring',
    load: () => import('../command/start-monitoring.ts'),
  },
  {
    name: 'statsAll',
    description: 'Topic and Consumer tps stats',
    load: () => import('../command/stats-all.ts'),
  },
  {
    name: 'allocateMQ',
    description: 'Allocate MQ',
    load: () => import('../command/allocate-mq.ts'),
  },
  {
    name: 'checkMsgSendRT',
    description: 'check message send response time',
    load: () => import('../command/check-msg-send-rt.ts'),
  },
  {
    name: 'clusterRT',
    description: 'List All clusters Message Send RT',
    load: () => import('../command/cluster-rt.ts'),
  },
  {
    name: 'getNamesrvConfig',
    description: 'Get configs of name server.',
    load: () => import('../command/get-namesrv-config.ts'),
  },
  {
    name: 'updateNamesrvConfig',
    description: 'Update configs of name server.',
    load: () => import('../command/update-namesrv-config.ts'),
  },
  {
    name: 'getBrokerConfig',
    description: 'Get broker config by cluster or special broker!',
    load: () => import('../command/get-broker-config.ts'),
  },
  {
    name: 'queryCq',
    description: 'Query cq command.',
    load: () => import('../command/query-cq.ts'),
  },
  {
    name: 'sendMessage',
    description: 'Send a message',
    load: () => import('../command/send-message.ts'),
  },
  {
    name: 'consumeMessage',
    description: 'Consume message',
    load: () => import('../command/consume-message.ts'),
  },
  {
    name: 'getConsumerStatus',
    description: 'get consumer status from client.',
    ours: true,
    load: () => import('../command/get-consumer-status.ts'),
  },
  {
    name: 'decodeMessageId',
    description: 'decode unique message ID',
    ours: true,
    load: () => import('../command/decode-message-id.ts'),
  },
  {
    name: 'store',
    description: 'Look at, check and mend the store folder of a broker that does not run',
    ours: true,
    load: () => import('../command/store.ts'),
  },
  {
    name: 'doctor',
    description: 'Check a cluster from here: name servers, brokers, disk, clock, access',
    ours: true,
    load: () => import('../command/doctor.ts'),
  },
  {
    name: 'tail',
    description: 'Print messages of a topic as they come',
    ours: true,
    load: () => import('../command/tail.ts'),
  },
  {
    name: 'skipAccumulatedMessage',
    description: 'Have groups go on at the end of a topic',
    ours: true,
    load: () => import('../command/skip-accumulated-message.ts'),
  },
  {
    name: 'exportMsg',
    description: 'Write the messages of a topic to a file, and go on after a stop',
    ours: true,
    load: () => import('../command/export-msg.ts'),
  },
  {
    name: 'context',
    description: 'Name clusters, with their keys and encryption: add, use, list, remove',
    ours: true,
    load: () => import('../command/context.ts'),
  },
  {
    name: 'completion',
    description: 'Print a script that completes commands, options and names: bash, zsh, fish',
    ours: true,
    load: () => import('../command/completion.ts'),
  },
];

const byName = new Map(commandEntries.map((entry) => [entry.name.toLowerCase(), entry]));

/** In any case. */
export async function findCommand(name: string): Promise<Command | undefined> {
  return (await byName.get(name.toLowerCase())?.load())?.command;
}

/** The command whose name is few letters away, if there is one. */
export function nearestCommand(name: string): string | undefined {
  return nearestName(
    name,
    commandEntries.map((entry) => entry.name),
  );
}
