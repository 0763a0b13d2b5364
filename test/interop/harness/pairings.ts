/**
 * The ways in which a client and a broker, official or ours, can meet, as far as one of them is ours: one scenario is
 * played in each. The processes are started once for a test file, by the first test that needs them.
 */
import { after, type TestContext } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './java.ts';
import { startJavaMembers } from './java-members.ts';
import type { Members, MembersOptions } from './members.ts';
import { startOurMembers } from './our-members.ts';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { type Pair, sharedPair } from './pair.ts';
import type { BrokerOptions } from './server.ts';

/** A subtest that later ones stand on: when it fails, so does the whole test, there. */
export async function step(
  t: TestContext,
  name: string,
  run: (each: TestContext) => Promise<void>,
): Promise<void> {
  let failure: { readonly reason: unknown } | undefined;
  await t.test(name, async (each) => {
    try {
      await run(each);
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  });
  if (failure) throw failure.reason;
}

export interface Pairing {
  readonly name: string;
  /** What names of groups and topics begin with, so that pairings on one broker keep apart. */
  readonly key: string;
  pair(): Promise<Pair>;
  members(): Promise<Members>;
}

export interface Pairings {
  readonly ofBoth: readonly Pairing[];
  /** Official and our members on an official and on our broker. */
  readonly mixed: readonly {
    readonly name: string;
    readonly key: string;
    readonly of: readonly [Pairing, Pairing];
  }[];
}

/** `java` and `ours`: options of the one kind of broker beyond `options`. */
export function pairings(
  options: {
    readonly broker?: Partial<BrokerOptions>;
    readonly javaBroker?: Partial<BrokerOptions>;
    readonly ourBroker?: Partial<BrokerOptions>;
    readonly members?: MembersOptions;
  } = {},
): Pairings {
  const javaPair = sharedPair(startJavaNamesrv, startJavaBroker, {
    ...options.broker,
    ...options.javaBroker,
  });
  const ourPair = sharedPair(startOurNamesrv, startOurBroker, { ...options.broker, ...options.ourBroker });
  const make = (
    name: string,
    key: string,
    pair: () => Promise<Pair>,
    start: typeof startOurMembers,
  ): Pairing => {
    let members: Promise<Members> | undefined;
    after(async () => await (await members)?.end());
    return {
      name,
      key,
      pair,
      members() {
        members ??= pair().then(({ namesrv }) => start(namesrv.address, options.members));
        return members;
      },
    };
  };
  const oursOnJava = make('our client, official broker', 'OJ', javaPair, startOurMembers);
  const javaOnOurs = make('official client, our broker', 'JO', ourPair, startJavaMembers);
  const oursOnOurs = make('our client, our broker', 'OO', ourPair, startOurMembers);
  const javaOnJava = make('official client, official broker', 'JJ', javaPair, startJavaMembers);
  return {
    ofBoth: [oursOnJava, javaOnOurs, oursOnOurs],
    mixed: [
      { name: 'official broker', key: 'MJ', of: [oursOnJava, javaOnJava] },
      { name: 'our broker', key: 'MO', of: [oursOnOurs, javaOnOurs] },
    ],
  };
}
