import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { realProcessTable } from '@rocketmq-ts/platform';
import { PidFiles } from '../src/process/pid-file.ts';
import { shutdown } from '../src/shutdown.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('stops the processes of its own installation, waits, and says what the Java script says', async (t) => {
  const home = temporaryFolder();
  const own = await record(home, 'broker', '/opt/mine');
  const other = await record(home, 'broker', '/opt/other');
  const lines: string[] = [];
  const options = {
    pidFiles: new PidFiles(home),
    rocketmqHome: '/opt/mine',
    print: (line: string) => lines.push(line),
  };
  t.after(() => other.kill('SIGKILL'));

  assert.equal(await shutdown('broker', options), 0);
  assert.deepEqual(lines.splice(0), [
    `The mqbroker(${own.pid}) is running...`,
    `Send shutdown request to mqbroker(${own.pid}) OK`,
    `The mqbroker(${own.pid}) has stopped.`,
  ]);
  assert.equal(other.exitCode, null);
  assert.equal(await shutdown('broker', options), 255);
  assert.deepEqual(lines.splice(0), [
    'No mqbroker running.',
    `The mqbroker(${other.pid}) of /opt/other is left alone: stop it from there.`,
  ]);
  assert.equal(await shutdown('namesrv', options), 255);
  assert.equal(await shutdown(undefined, options), 2);
  assert.deepEqual(lines, ['No mqnamesrv running.', 'Useage: mqshutdown broker | namesrv']);
});

/** A process that ends on SIGTERM, recorded as if our commands had started it. */
async function record(home: string, kind: 'broker', rocketmqHome: string) {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  const pid = child.pid!;
  new PidFiles(home, { ownPid: pid, startOf: (each) => realProcessTable.startOf(each) }).add(
    kind,
    rocketmqHome,
    1,
  );
  return child;
}
