/**
 * `doctor`: looks at a cluster from here, as a client would: are the name servers there and of one mind, do the brokers
 * answer at the addresses they announce, is there room on their disks, is a topic writeable; with --send, does a
 * message come through, and is the broker's clock right. Fails when a check fails. Not in 4.4.0.
 */
import {
  type ClusterInfo,
  decodeClusterInfo,
  encodeClusterInfo,
  isReadable,
  isWriteable,
  MASTER_ID,
  RequestCode,
  SELF_TEST_TOPIC,
} from '@rocketmq-ts/protocol';
import { AdminAnswerError, AdminError, describeError, isDenied } from '../admin-error.ts';
import { type Command, type CommandContext, option } from '../command-line/command.ts';

type Outcome = 'ok' | 'warning' | 'failed';

interface Check {
  readonly subject: string;
  readonly check: string;
  readonly outcome: Outcome;
  readonly detail: string;
}

const DISK_WARNING = 0.75;
const DISK_FULL = 0.9;
const CLOCK_WARNING_MS = 2000;

export const command: Command = {
  name: 'doctor',
  options: [
    option('t', 'topic', 'look at the route of this topic too'),
    {
      long: 'send',
      description: 'send a message to SELF_TEST_TOPIC on every master',
      argument: false,
      required: false,
    },
  ],
  async run(context) {
    const doctor = new Doctor(context);
    await doctor.examine();
    const failed = doctor.checks.filter(({ outcome }) => outcome === 'failed').length;
    context.report.line(`${doctor.checks.length} checks, ${failed} failed`);
    context.report.value({ healthy: failed === 0, checks: doctor.checks });
    if (failed > 0) throw new AdminError('ADMIN_UNHEALTHY', `${failed} checks failed`);
  },
};

class Doctor {
  readonly checks: Check[] = [];
  readonly #context: CommandContext;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async examine(): Promise<void> {
    const cluster = await this.#nameServers();
    if (cluster === undefined) return;
    if (cluster.brokerAddrTable.size === 0)
      this.#add('cluster', 'brokers', 'failed', 'no broker is registered');
    for (const [brokerName, { brokerAddrs }] of [...cluster.brokerAddrTable].sort()) {
      const hasMaster = brokerAddrs.has(MASTER_ID);
      if (!hasMaster) this.#add(brokerName, 'master', 'failed', 'no master is registered, only slaves');
      for (const [id, address] of [...brokerAddrs].sort(([a], [b]) => a - b)) {
        const subject = `${brokerName} ${id} ${address}`;
        if (!(await this.#broker(subject, address))) continue;
        if (id === MASTER_ID && this.#context.options.has('send')) await this.#message(subject, brokerName);
      }
    }
    const topic = this.#context.options.optional('t');
    if (topic !== undefined) await this.#topic(topic);
  }

  /** What the first one says of the cluster; undefined when none answers. */
  async #nameServers(): Promise<ClusterInfo | undefined> {
    const { admin, platform } = this.#context;
    const answers = new Map<string, ClusterInfo>();
    for (const address of admin.nameServers()) {
      const beginMs = platform.clock.monotonicMs();
      try {
        const { body } = await admin.invoke(address, { code: RequestCode.GET_BROKER_CLUSTER_INFO });
        answers.set(address, decodeClusterInfo(body ?? Buffer.alloc(0)));
        const tookMs = Math.round(platform.clock.monotonicMs() - beginMs);
        this.#add(`name server ${address}`, 'reachable', 'ok', `${tookMs} ms`);
      } catch (error) {
        this.#add(`name server ${address}`, 'reachable', 'failed', describeError(error));
      }
    }
    const [first, ...others] = answers;
    for (const [address, info] of others) {
      const same = first !== undefined && picture(info) === picture(first[1]);
      const detail = same
        ? `as ${first[0]}`
        : `knows other brokers than ${first?.[0]}: see clusterList -n ${address}`;
      this.#add(`name server ${address}`, 'same brokers', same ? 'ok' : 'warning', detail);
    }
    return first?.[1];
  }

  /** Whether it answers. */
  async #broker(subject: string, address: string): Promise<boolean> {
    const { admin, platform } = this.#context;
    const beginMs = platform.clock.monotonicMs();
    let table: ReadonlyMap<string, string>;
    try {
      table = (await admin.fetchBrokerRuntimeStats(address)).table;
    } catch (error) {
      if (error instanceof AdminAnswerError) {
        const advice = 'give an account with the rights in conf/tools.yml, or by a context';
        const detail = isDenied(error) ? `${error.remark.trim()}; ${advice}` : error.message;
        this.#add(subject, isDenied(error) ? 'access' : 'answers', 'failed', detail);
        return false;
      }
      const advice = 'clients need the address that the broker announces: see its brokerIP1 and listenPort';
      this.#add(subject, 'reachable', 'failed', `${describeError(error)}; ${advice}`);
      return false;
    }
    const tookMs = Math.round(platform.clock.monotonicMs() - beginMs);
    this.#add(
      subject,
      'reachable',
      'ok',
      `${tookMs} ms, ${table.get('brokerVersionDesc') ?? 'unknown version'}`,
    );
    if (isLoopback(address) && !admin.namesrvAddrs.some(isLoopback)) {
      const detail = 'it announces an address that only its own machine can reach: set brokerIP1';
      this.#add(subject, 'announced address', 'warning', detail);
    }
    const ratio = Number(table.get('commitLogDiskRatio') ?? Number.NaN);
    // 4.4.0 tells -1 until something is stored.
    if (ratio >= 0) {
      const outcome = ratio >= DISK_FULL ? 'failed' : ratio >= DISK_WARNING ? 'warning' : 'ok';
      this.#add(subject, 'disk', outcome, `${(ratio * 100).toFixed(0)} % used`);
    }
    return true;
  }

  async #message(subject: string, brokerName: string): Promise<void> {
    const { admin, platform } = this.#context;
    try {
      const queue = { topic: SELF_TEST_TOPIC, brokerName, queueId: 0 };
      const beforeMs = platform.clock.now();
      const sent = await admin.sendMessage({ topic: SELF_TEST_TOPIC, body: Buffer.from('doctor') }, queue);
      const afterMs = platform.clock.now();
      const { messages } = await admin.pull({
        queue: sent.messageQueue,
        offset: sent.queueOffset,
        maxNums: 1,
      });
      const back = messages[0]?.msgId === sent.msgId;
      const detail = back
        ? `stored and read in ${platform.clock.now() - beforeMs} ms`
        : 'stored, but not read back';
      this.#add(subject, 'message', back ? 'ok' : 'failed', detail);
      const stored = messages[0]?.storeTimestamp ?? beforeMs;
      const aheadMs = stored < beforeMs ? stored - beforeMs : Math.max(0, stored - afterMs);
      const clock = Math.abs(aheadMs) > CLOCK_WARNING_MS ? 'warning' : 'ok';
      this.#add(subject, 'clock', clock, `${aheadMs} ms ahead of this machine's`);
    } catch (error) {
      this.#add(subject, 'message', 'failed', describeError(error));
    }
  }

  async #topic(topic: string): Promise<void> {
    try {
      const { queueDatas } = await this.#context.admin.examineTopicRouteInfo(topic);
      for (const { brokerName, perm, readQueueNums, writeQueueNums } of queueDatas) {
        const usable = isReadable(perm) && isWriteable(perm);
        const detail = `${readQueueNums} queues to read, ${writeQueueNums} to write, perm ${perm}`;
        this.#add(`topic ${topic} on ${brokerName}`, 'route', usable ? 'ok' : 'warning', detail);
      }
    } catch (error) {
      this.#add(`topic ${topic}`, 'route', 'failed', describeError(error));
    }
  }

  #add(subject: string, check: string, outcome: Outcome, detail: string): void {
    this.checks.push({ subject, check, outcome, detail });
    this.#context.report.printf('%-8s %-40s %-18s %s%n', outcome, subject, check, detail);
  }
}

function isLoopback(address: string): boolean {
  return /^(127\.|localhost:|\[::1\])/.test(address);
}

/** The brokers, in one order. */
function picture({ brokerAddrTable }: ClusterInfo): string {
  const sorted = [...brokerAddrTable]
    .sort()
    .map(([name, data]): [string, typeof data] => [
      name,
      { ...data, brokerAddrs: new Map([...data.brokerAddrs].sort(([a], [b]) => a - b)) },
    ]);
  return encodeClusterInfo({ brokerAddrTable: new Map(sorted), clusterAddrTable: new Map() }).toString();
}
