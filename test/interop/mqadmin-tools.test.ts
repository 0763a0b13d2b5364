/** What our mqadmin has on top, on a Java cluster and on ours: doctor, tail, exportMsg. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AdminClient, runMqadmin } from '@rocketmq-ts/admin';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, sleep, until } from './harness/pair.ts';
import { temporaryFolder } from './harness/server.ts';

const accounts = `
accounts:
- accessKey: operator
  secretKey: "12345678"
  admin: true
  topicPerms:
  - SELF_TEST_TOPIC=PUB|SUB
  - Tailed=PUB|SUB
  groupPerms:
  - TOOLS_CONSUMER=SUB
`;
const clusters = {
  Java: [startJavaNamesrv, startJavaBroker],
  ours: [startOurNamesrv, startOurBroker],
} as const;

async function mqadmin(namesrvAddr: string, home: string, ...args: string[]) {
  let output = '';
  let errors = '';
  const exitCode = await runMqadmin({
    args: [...args, '-n', namesrvAddr],
    rocketmqHome: home,
    workingFolder: home,
    environment: {},
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
  });
  return { exitCode, output, errors };
}

for (const [name, [startNamesrv, startBroker]] of Object.entries(clusters)) {
  test(`on a cluster of ${name}, with access control`, { timeout: 600_000 }, async (t) => {
    const folder = temporaryFolder('acl-broker');
    mkdirSync(join(folder, 'conf'), { recursive: true });
    writeFileSync(join(folder, 'conf', 'plain_acl.yml'), accounts);
    const namesrv = await startNamesrv();
    const broker = await startBroker({ namesrvAddr: namesrv.address, folder, config: { aclEnable: true } });
    after(() => killPair({ namesrv, broker }));
    const stranger = temporaryFolder('home');
    const operator = temporaryFolder('home');
    mkdirSync(join(operator, 'conf'));
    writeFileSync(join(operator, 'conf', 'tools.yml'), 'accessKey: operator\nsecretKey: "12345678"\n');
    const run = (...args: string[]) => mqadmin(namesrv.address, operator, ...args);

    await t.test('doctor says what is wrong with the access', async () => {
      const refused = await mqadmin(namesrv.address, stranger, 'doctor');
      assert.equal(refused.exitCode, 1);
      assert.match(
        refused.output,
        /^failed +broker-a 0 \S+ +access +.*org\.apache\.rocketmq\.acl\..*give an account/m,
      );
      assert.doesNotMatch(refused.output + refused.errors, /12345678/);
    });

    await t.test('what access control refuses is a failure, not an absence', async () => {
      const { exitCode, errors } = await mqadmin(
        namesrv.address,
        stranger,
        'statsAll',
        '-t',
        'SELF_TEST_TOPIC',
      );
      assert.equal(exitCode, 1);
      assert.match(errors, /org\.apache\.rocketmq\.acl\./);
    });

    await t.test('doctor finds a healthy cluster healthy', async () => {
      // What 4.4.0 tells of the disk comes with the first message.
      await run('sendMessage', '-t', 'SELF_TEST_TOPIC', '-p', 'first');
      const doctor = () => run('doctor', '-t', 'SELF_TEST_TOPIC', '--send', '-o', 'json');
      let answer = await doctor();
      // For its first seconds 4.4.0 has no samples of its traffic, and fails to say anything.
      for (let i = 0; i < 240 && answer.output.includes('NoSuchElementException'); i++) {
        await sleep(500);
        answer = await doctor();
      }
      const { exitCode, output } = answer;
      const { healthy, checks } = JSON.parse(output);
      assert.equal(exitCode, 0, output);
      assert.equal(healthy, true);
      const found = checks.map(({ check, outcome }: Record<string, string>) => `${check} ${outcome}`);
      for (const check of ['reachable', 'disk', 'message', 'clock', 'route'])
        assert.ok(
          found.some((each: string) => each === `${check} ok` || each === `${check} warning`),
          output,
        );
    });

    await t.test('tail and exportMsg take tags and SQL92', async () => {
      const topic = 'Tailed';
      await run('updateTopic', '-c', 'DefaultCluster', '-t', topic, '-r', '1', '-w', '1');
      const credentials = { accessKey: 'operator', secretKey: '12345678' };
      const admin = new AdminClient({ namesrvAddr: namesrv.address, credentials });
      t.after(() => admin.close());
      await until('the route is there', 20_000, async () =>
        (await admin.fetchAllTopicList()).includes(topic),
      );
      const send = async (i: number) => {
        const properties = new Map([
          ['TAGS', i % 2 === 0 ? 'even' : 'odd'],
          ['price', `${i}`],
        ]);
        await admin.sendMessage({ topic, body: Buffer.from(`message ${i}`), properties });
      };
      for (let i = 0; i < 10; i++) await send(i);
      const bodies = (output: string): string[] => output.match(/message \d+/g) ?? [];
      const past = await run(
        'tail',
        '-t',
        topic,
        '-b',
        '0',
        '-c',
        '2',
        '-s',
        'even || none',
        '-q',
        'price > 3',
      );
      assert.deepEqual(bodies(past.output), ['message 4', 'message 6']);
      // From now on: it is sent to until it has seen one.
      let seen: string[] | undefined;
      const live = run('tail', '-t', topic, '-c', '1', '-q', 'price BETWEEN 100 AND 200').then(
        ({ output }) => {
          seen = bodies(output);
        },
      );
      await until('tail has printed the message', 20_000, async () => {
        await send(99);
        await send(101);
        return seen !== undefined;
      });
      await live;
      assert.deepEqual(seen, ['message 101']);
      const exported = await run('exportMsg', '-t', topic, '-f', 'out', '-s', 'odd', '-q', 'price < 6');
      assert.equal(exported.exitCode, 0, exported.errors);
      const lines = readFileSync(join(operator, 'out'), 'utf8').trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).body),
        ['message 1', 'message 3', 'message 5'],
      );
    });

    await t.test('doctor sees that a broker does not answer where it said', async () => {
      process.kill(broker.program.pid, 'SIGSTOP');
      const { exitCode, output } = await run('doctor');
      assert.equal(exitCode, 1);
      assert.match(output, /^failed +broker-a 0 \S+ +reachable +.*brokerIP1/m);
    });
  });
}
