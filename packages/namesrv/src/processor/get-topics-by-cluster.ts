/** GET_TOPICS_BY_CLUSTER (224): the topics of a cluster; none when there is no such cluster. */
import { parseGetTopicsByClusterRequestHeader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { topicList } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function getTopicsByCluster(context: NamesrvContext): Handler {
  return (request) => {
    const { cluster } = parseGetTopicsByClusterRequestHeader(request.ext);
    return topicList(context.routes.topicsOfCluster(cluster));
  };
}
