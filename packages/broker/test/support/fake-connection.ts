/** A connection that keeps what is sent on it. */
import type { Command, Connection } from '@rocketmq-ts/remoting';

export interface FakeConnection {
  readonly remoteAddress: string;
  readonly sent: Command[];
  closed: boolean;
  /** As the code under test knows it. */
  readonly asConnection: Connection;
}

export function fakeConnection(remoteAddress: string): FakeConnection {
  const fake = {
    remoteAddress,
    sent: [] as Command[],
    closed: false,
    oneway(command: Command): void {
      if (fake.closed) throw new Error('closed');
      fake.sent.push(command);
    },
    close(): void {
      fake.closed = true;
    },
    get asConnection(): Connection {
      return fake as unknown as Connection;
    },
  };
  return fake;
}
