/**
 * The error for a topic that no name server has a route for: says who was asked, what each answered, which known topic
 * is spelled most alike, and what to do.
 */
import { MQClientError } from '../errors.ts';
import { describeAnswers, type NameServerAnswer } from './name-servers.ts';

export function noRouteError(
  topic: string,
  answers: readonly NameServerAnswer[],
  knownTopics: readonly string[],
): MQClientError {
  const heard = describeAnswers(answers);
  if (answers.every((answer) => !answer.reached)) {
    return new MQClientError(
      'NOT_FOUND_TOPIC_EXCEPTION',
      `No route info of this topic, ${topic}: no name server could be asked: ${heard}. ` +
        'Check namesrvAddr and that the name servers run and can be reached from here',
    );
  }
  const nearest = nearestName(topic, knownTopics);
  const hint = knownTopics.includes(topic)
    ? ' They list the topic, but no broker that has it: try again if it was created a moment ago, else see that its brokers run'
    : `${nearest === undefined ? '' : ` The nearest topic they know is ${nearest}.`} ` +
      `Create the topic (mqadmin updateTopic -t ${topic} -c <cluster>), or start a broker with autoCreateTopicEnable=true ` +
      'that is registered at these name servers';
  return new MQClientError(
    'NOT_FOUND_TOPIC_EXCEPTION',
    `No route info of this topic, ${topic}. Name servers asked: ${heard}.${hint}`,
  );
}

/** The known name with the fewest edits, if they are few for its length. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
