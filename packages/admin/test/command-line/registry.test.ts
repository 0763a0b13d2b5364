import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandEntries, findCommand, nearestCommand } from '../../src/command-line/registry.ts';
import { optionSpecs, usage } from '../../src/command-line/usage.ts';

test('every entry loads the command of its name; option letters are used once', async () => {
  for (const entry of commandEntries) {
    const { command } = await entry.load();
    assert.equal(command.name, entry.name);
    const { classic, ours } = optionSpecs(command);
    const specs = [...classic, ...ours];
    const letters = specs.flatMap(({ short }) => short ?? []);
    assert.equal(new Set(letters).size, letters.length, `${entry.name}: ${letters}`);
    const names = specs.map(({ long }) => long);
    assert.equal(new Set(names).size, names.length, `${entry.name}: ${names}`);
  }
});

test('there are the 43 commands of 4.4.0, found in any case', async () => {
  assert.equal(commandEntries.filter(({ ours }) => !ours).length, 43);
  assert.equal((await findCommand('CLUSTERLIST'))?.name, 'clusterList');
  assert.equal(await findCommand('clusterLost'), undefined);
  assert.equal(nearestCommand('clusterLost'), 'clusterList');
  assert.equal(nearestCommand('zzzzzzzz'), undefined);
});

test('usage is laid out as that of 4.4.0', async () => {
  const command = await findCommand('updateTopic');
  assert.equal(
    usage(command!).split('\nAlso')[0],
    `usage: mqadmin updateTopic [-b <arg>] [-c <arg>] [-h] [-n <arg>] [-o <arg>] [-p <arg>] [-r <arg>] [-s <arg>]
       -t <arg> [-u <arg>] [-w <arg>]
 -b,--brokerAddr <arg>       create topic to which broker
 -c,--clusterName <arg>      create topic to which cluster
 -h,--help                   Print help
 -n,--namesrvAddr <arg>      Name server address list, eg: 192.168.0.1:9876;192.168.0.2:9876
 -o,--order <arg>            set topic's order(true|false)
 -p,--perm <arg>             set topic's permission(2|4|6), intro[2:W 4:R; 6:RW]
 -r,--readQueueNums <arg>    set read queue nums
 -s,--hasUnitSub <arg>       has unit sub (true|false)
 -t,--topic <arg>            topic name
 -u,--unit <arg>             is unit topic (true|false)
 -w,--writeQueueNums <arg>   set write queue nums
`,
  );
});

test('what changes something takes --dry-run, what only looks does not', async () => {
  const takes = async (name: string) =>
    optionSpecs((await findCommand(name))!).ours.some(({ long }) => long === 'dry-run');
  for (const name of [
    'deleteTopic',
    'deleteSubGroup',
    'resetOffsetByTime',
    'cloneGroupOffset',
    'cleanUnusedTopic',
  ])
    assert.equal(await takes(name), true, name);
  assert.equal(await takes('clusterList'), false);
});
