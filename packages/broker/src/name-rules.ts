/**
 * Which names topics and consumer groups may have. Checked wherever one is made: names become folder names and file keys,
 * and 4.4.0's broker, which leaves the check to its clients, makes folders outside its store for `../../x`.
 */
import { validateGroupName, validateTopicName } from '@rocketmq-ts/protocol';

/** Why the topic may not be created, or undefined when it may. */
export function topicNameProblem(name: string): string | undefined {
  return problemOf(() => validateTopicName(name));
}

export function groupNameProblem(name: string): string | undefined {
  return problemOf(() => validateGroupName(name));
}

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** True for a name that cannot lead out of a folder: enough for names that are already in a file of this broker. */
export function isHarmlessFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && /^[^/\\\p{Cc}]{1,255}$/u.test(name);
}
