/**
 * Every class of rocketmq-example 4.4.0 that has a main, with what it prints and stores on a 4.4.0 broker that is new, when they
 * run stage after stage. Names are without `org.apache.rocketmq.example.`.
 */
export interface Sign {
  /** Looked for in the lines of both outputs. With a group, different values of it are counted, else lines. */
  readonly pattern: RegExp;
  readonly count: number;
  /** More is right too. */
  readonly atLeast?: true;
  /** Instead of `count`: as many as there are messages of TopicTest for whose tags this is true. */
  readonly ofTopicTest?: (tags: string | undefined) => boolean;
}

export interface Example {
  readonly main: string;
  readonly args?: readonly string[];
  /** Those of one stage run side by side, two at a time. */
  readonly stage: number;
  /** It stops by itself with this exit code; without it, it is killed once its signs are there. */
  readonly exitCode?: number;
  readonly signs: readonly Sign[];
  /** Messages in a topic, at the end. */
  readonly stored?: readonly [topic: string, count: number];
  /** Has 127.0.0.1:9876 as its name server, whatever NAMESRV_ADDR says. */
  readonly fixedPort?: true;
  /** Why it does not do what its name says, on 4.4.0 either. */
  readonly why?: string;
}

const SEND_OK = /sendStatus=SEND_OK, msgId=(\w+)/;
const RECEIVED = /Receive New Messages.*UNIQ_KEY=(\w+)/;
const STARTED: Sign = { pattern: /Consumer Started\./, count: 1 };

const sends = (count: number): readonly Sign[] => [{ pattern: SEND_OK, count }];
const receives: readonly Sign[] = [STARTED, { pattern: RECEIVED, count: 0, ofTopicTest: () => true }];
const atLeast = (pattern: RegExp, count: number): Sign => ({ pattern, count, atLeast: true });

/** In TopicTest after the first stage: 1000 + 128 + 128 of TagA, then four of TagA, three of TagB, three of TagC. */
export const TOPIC_TEST = 1266;

export const examples: readonly Example[] = [
  { main: 'quickstart.Producer', stage: 1, exitCode: 0, signs: sends(1000) },
  { main: 'simple.Producer', stage: 1, exitCode: 0, signs: sends(128) },
  {
    main: 'tracemessage.TraceProducer',
    stage: 1,
    signs: sends(128),
    why: 'does not end: threads of the client live on',
  },
  {
    main: 'filter.SqlProducer',
    stage: 1,
    exitCode: 0,
    signs: sends(10),
  },
  {
    main: 'simple.AsyncProducer',
    stage: 1,
    signs: [{ pattern: /^\d+ +OK (\w+)/, count: 100 }],
    stored: ['Jodie_topic_1023', 100],
    why: 'does not end: threads of the client live on',
  },
  { main: 'simple.TestProducer', stage: 1, exitCode: 0, signs: sends(1), stored: ['TopicTest1', 1] },
  {
    main: 'operation.Producer',
    args: ['-g', 'PG', '-t', 'TopicOp', '-a', 'TagA', '-k', 'key', '-c', '20'],
    stage: 1,
    exitCode: 0,
    signs: sends(20),
  },
  {
    main: 'ordermessage.Producer',
    stage: 1,
    exitCode: 0,
    signs: sends(100),
    stored: ['TopicTestjjj', 100],
  },
  { main: 'batch.SimpleBatchProducer', stage: 1, signs: [], stored: ['BatchTest', 3] },
  { main: 'filter.Producer', stage: 1, signs: [atLeast(SEND_OK, 200)], why: 'sends 6,000,000 messages' },
  { main: 'batch.SplitBatchProducer', stage: 2, signs: [], stored: ['BatchTest', 100_003] },
  { main: 'quickstart.Consumer', stage: 2, signs: receives },
  { main: 'tracemessage.TracePushConsumer', stage: 2, signs: receives },
  {
    main: 'broadcast.PushConsumer',
    stage: 2,
    signs: [{ pattern: RECEIVED, count: 0, ofTopicTest: (tags) => tags !== 'TagB' }],
  },
  {
    main: 'ordermessage.Consumer',
    stage: 2,
    signs: [STARTED, atLeast(RECEIVED, 20)],
    why: 'rolls back and suspends again and again',
  },
  {
    main: 'operation.Consumer',
    args: ['-g', 'CG', '-t', 'TopicOp', '-s', '*', '-f', 'false'],
    stage: 2,
    signs: [STARTED, { pattern: /^\d+ +\[MessageExt.*UNIQ_KEY=(\w+)/, count: 20 }],
  },
  {
    main: 'simple.PullScheduleService',
    stage: 2,
    signs: [
      atLeast(/queueId=(\d)\].*pullStatus=FOUND/, 4),
      atLeast(/queueId=(\d)\].*pullStatus=NO_NEW_MSG/, 4),
    ],
  },
  {
    main: 'filter.SqlConsumer',
    stage: 2,
    signs: [atLeast(/CODE: 23 /, 1)],
    why: 'its expression is wrong (`between 0  3`)',
  },
  {
    main: 'filter.Consumer',
    stage: 2,
    signs: [STARTED, { pattern: RECEIVED, count: 0 }],
    why: 'gets nothing without a filter server',
  },
  {
    main: 'transaction.TransactionProducer',
    stage: 3,
    signs: sends(10),
    // of ten, every third is committed, rolled back, never known
    stored: ['TopicTest1234', 3],
  },
  {
    main: 'benchmark.Producer',
    args: ['-w', '2'],
    stage: 3,
    signs: [atLeast(/Send TPS: [1-9]\d* .*Send Failed: 0 Response Failed: 0/, 1)],
    why: 'endless',
  },
  {
    main: 'benchmark.Consumer',
    stage: 3,
    signs: [atLeast(/Consume TPS: [1-9]/, 1)],
    why: 'endless',
  },
  {
    main: 'benchmark.TransactionProducer',
    args: ['1'],
    stage: 3,
    signs: [atLeast(/Send TPS: [1-9]\d* .*Send Failed: 0/, 1)],
    why: 'endless',
  },
  {
    main: 'simple.PushConsumer',
    stage: 3,
    signs: [STARTED],
    why: 'has the group of TracePushConsumer: nothing is left for it',
  },
  {
    main: 'simple.PullConsumer',
    stage: 3,
    exitCode: 0,
    fixedPort: true,
    signs: [{ pattern: /pullStatus=NO_NEW_MSG/, count: 1 }],
    why: 'asks for the topic named like the broker, which is empty',
  },
  {
    main: 'simple.PullConsumerTest',
    stage: 3,
    exitCode: 0,
    fixedPort: true,
    signs: [atLeast(/The broker\[vivedeMacBook-Pro.local\] not exist/, 1)],
    why: "asks for its author's computer",
  },
  {
    main: 'simple.AclClient',
    stage: 3,
    fixedPort: true,
    signs: [...sends(128), STARTED, atLeast(RECEIVED, 128), atLeast(/pullStatus=FOUND/, 1)],
  },
  {
    main: 'openmessaging.SimpleProducer',
    stage: 3,
    fixedPort: true,
    signs: [
      { pattern: /Send async message OK, msgId: (\w+)/, count: 2 },
      { pattern: /Send oneway message OK/, count: 1 },
    ],
    stored: ['OMS_HELLO_TOPIC', 3],
    why: 'does not end: threads of the client live on',
  },
  {
    main: 'openmessaging.SimplePullConsumer',
    stage: 3,
    fixedPort: true,
    signs: [{ pattern: /Send Message OK/, count: 1 }, atLeast(/Received one message: (\w+)/, 1)],
  },
  {
    main: 'openmessaging.SimplePushConsumer',
    stage: 4,
    fixedPort: true,
    signs: [{ pattern: /Received one message: (\w+)/, count: 3 }],
  },
];
