/** What a newcomer does first: `npm start` in a fresh clone, and the packed server in an empty folder. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { saysGaveUp } from '../interop/harness/gave-up.ts';
import { temporaryFolder } from '../interop/harness/server.ts';
import { copyCleanTree } from './clean-tree.ts';

const FREE_PORTS = ['--namesrv-port', '0', '--broker-port', '0', 'diskMaxUsedSpaceRatio=95'];
let folder: string;
let tree: string;
let env: NodeJS.ProcessEnv;

before(() => {
  folder = temporaryFolder('install');
  tree = join(folder, 'tree');
  copyCleanTree(tree);
  // A user's own shell: nothing of the npm that runs this test, no RocketMQ settings, a home of its own.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|ROCKETMQ_|NAMESRV_ADDR|NODE_TEST_CONTEXT)/.test(name),
  );
  env = { ...Object.fromEntries(inherited), HOME: join(folder, 'home') };
  mkdirSync(join(folder, 'home'));
});

test('npm start builds, starts, checks itself, and stops on SIGINT', async () => {
  const first = run('npm', ['start', '--', ...FREE_PORTS], tree);
  const output = await until(first, /Stop with Ctrl-C/);
  assert.match(output, /^The Name Server boot success\. serializeType=JSON$/m);
  assert.match(output, /^The broker\[broker-a, 127\.0\.0\.1:\d+\] boot success\./m);
  assert.match(output, /^Self-check passed: sent a message and received it, \d+ ms\.$/m);
  assert.ok(existsSync(join(tree, 'data/store/commitlog')));
  assert.ok(!existsSync(join(folder, 'home/store')), 'npm start never opens ~/store');

  const namesrv = /^Name server {2}(\S+)$/m.exec(output)![1]!;
  const port = namesrv.split(':')[1]!;
  const busy = spawnSync('npm', ['start', '--', '--data', join(folder, 'other'), '--namesrv-port', port], {
    cwd: tree,
    env,
    encoding: 'utf8',
  });
  assert.equal(busy.status, 3);
  assert.match(busy.stderr, new RegExp(`port ${port} is taken by pid \\d+ \\(.*start\\.mjs`));

  first.kill('SIGINT');
  await once(first, 'close');
  assert.ok(!existsSync(join(tree, 'data/store/abort')), 'stopped cleanly');
});

test('npm start is quick when nothing has changed, and finds its messages again', async () => {
  const compiled = () => statSync(join(tree, 'packages/server/dist/src/index.js')).mtimeMs;
  const before = compiled();
  const again = run('npm', ['start', '--', ...FREE_PORTS], tree);
  const output = await until(again, /Self-check passed/);
  assert.doesNotMatch(output, /Installing/);
  assert.equal(compiled(), before, 'nothing is compiled again');
  again.kill('SIGTERM');
  await once(again, 'close');
  assert.ok(!existsSync(join(tree, 'data/store/abort')), 'stopped cleanly');
});

test('packed and installed in empty folders, the server gives the same commands and the client sends', async () => {
  const empty = installPacked('packages/server', 'empty');
  const commands = readdirSync(join(empty, 'node_modules/.bin'));
  for (const name of ['mqnamesrv', 'mqbroker', 'mqshutdown', 'mqadmin', 'mqtools', 'rocketmq-ts']) {
    assert.ok(commands.includes(name), `npx ${name}`);
  }

  const server = run('npx', ['rocketmq-ts', ...FREE_PORTS], empty);
  const output = await until(server, /Stop with Ctrl-C/);
  const namesrvAddr = /^Name server {2}(\S+)$/m.exec(output)![1]!;
  const produce = () =>
    spawnSync('npx', ['mqtools', 'Producer'], {
      cwd: empty,
      env: { ...env, NAMESRV_ADDR: namesrvAddr },
      encoding: 'utf8',
    });
  let producer = produce();
  // A machine that stands still for the three seconds that a send may take.
  if (saysGaveUp(producer.stderr)) producer = produce();
  assert.equal(producer.status, 0, producer.stderr);
  assert.equal(producer.stdout.match(/^SendResult \[sendStatus=SEND_OK, /gm)?.length, 1000, producer.stderr);

  const service = installPacked('packages/client', 'service');
  writeFileSync(join(service, 'send.mjs'), SEND);
  const sent = spawnSync(process.execPath, ['send.mjs', namesrvAddr], {
    cwd: service,
    env,
    encoding: 'utf8',
  });
  assert.match(sent.stdout, /^SendResult \[sendStatus=SEND_OK, /, sent.stderr);
  server.kill('SIGTERM');
  await once(server, 'close');
});

const SEND = `import { Producer } from '@rocketmq-ts/client';
const producer = new Producer({ producerGroup: 'shop', namesrvAddr: process.argv[2], sendMsgTimeout: 60_000 });
await producer.start();
console.log(String(await producer.send({ topic: 'Orders', body: 'Hello RocketMQ' })));
await producer.shutdown();
`;

/** Packs a package of the tree and installs it in an empty folder. */
function installPacked(path: string, name: string): string {
  npm(['pack', '-w', path, '--pack-destination', folder], tree);
  const tarball = join(folder, readdirSync(folder).find((each) => each.endsWith('.tgz'))!);
  assert.ok(!existsSync(join(tree, path, 'node_modules/@rocketmq-ts')), 'packing cleans up after itself');
  const target = join(folder, name);
  mkdirSync(target);
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], target);
  rmSync(tarball);
  return target;
}

interface Running extends ChildProcess {
  printed?: string;
}

/** With what it prints kept. */
function run(command: string, args: readonly string[], cwd: string): Running {
  const child: Running = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.printed = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      child.printed += text;
      child.emit('printed');
    });
  }
  after(() => child.kill('SIGKILL'));
  return child;
}

async function until(child: Running, pattern: RegExp): Promise<string> {
  const signal = AbortSignal.timeout(400_000);
  while (!pattern.test(child.printed!)) {
    assert.equal(child.exitCode, null, child.printed);
    await Promise.race([once(child, 'printed', { signal }), once(child, 'close', { signal })]).catch(
      (error) => {
        throw new Error(`no ${pattern} in: ${child.printed}`, { cause: error });
      },
    );
  }
  return child.printed!;
}

function npm(args: readonly string[], cwd: string): void {
  // With the registry and the cache that this machine's npm is set up for.
  const done = spawnSync('npm', args, { cwd, env: { ...env, HOME: process.env.HOME }, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr + done.stdout);
}
