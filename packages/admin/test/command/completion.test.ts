import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { encodeTopicList, RequestCode } from '@rocketmq-ts/protocol';
import { mqadmin } from '../command-line/mqadmin-run.ts';
import { fakeCluster } from '../fake-cluster.ts';

test('bash completes commands, options, and names that it asks the cluster for', async () => {
  const { output: script } = await mqadmin(['completion', '-s', 'bash']);
  // The stand-in says what it was called with, as names.
  const program = `mqadmin() { echo "asked-$3" "with:$4=$5"; }
${script}
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _mqadmin; echo "\${COMPREPLY[*]}"; }
complete_words mqadmin topicSt
complete_words mqadmin topicStatus --t
complete_words mqadmin topicStatus -t asked
complete_words mqadmin consumerProgress --context live --groupName asked
complete_words mqadmin printMsg -c ''
complete_words mqadmin context us
complete_words mqadmin help deleteT`;
  const lines = execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 4), ['topicStatus', '--topic', 'asked-topics', 'asked-groups']);
  assert.match(lines[4] ?? '', /^-h --help .*--resume/);
  assert.deepEqual(lines.slice(5), ['use', 'deleteTopic']);
  const handedOn = execFileSync(
    'bash',
    [
      '-c',
      program
        .replaceAll(/^complete_words mqadmin .*\n?/gm, '')
        .concat('\ncomplete_words mqadmin topicStatus --context live -t with'),
    ],
    { encoding: 'utf8' },
  );
  assert.equal(handedOn, 'with:--context=live\n');
});

test('zsh and fish have scripts too, other shells have none', async () => {
  assert.match((await mqadmin(['completion', '-s', 'zsh'])).output, /^autoload -U \+X bashcompinit/);
  const fish = (await mqadmin(['completion', '-s', 'fish'])).output;
  assert.match(fish, /from topicRoute' -s t -l topic -x -a "\(__mqadmin_names topics\)" -d 'topic name'/);
  assert.equal((await mqadmin(['completion', '-s', 'tcsh'])).exitCode, 2);
  assert.equal((await mqadmin(['completion'])).exitCode, 2);
  // A broken setting of the cluster must not break the start of a shell.
  const environment = { NAMESRV_ADDR: 'nonsense', ROCKETMQ_TLS_ENABLE: 'maybe' };
  assert.equal((await mqadmin(['completion', '-s', 'bash'], { environment })).exitCode, 0);
});

test('names come from the cluster', async (t) => {
  const { address } = await fakeCluster(t, 0, undefined, {
    [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER]: () => ({
      code: 0,
      body: encodeTopicList({ topicList: ['Orders', '%RETRY%billing', '%DLQ%billing'] }),
    }),
  });
  const names = async (kind: string) =>
    (await mqadmin(['completion', '--names', kind, '-n', address])).output.trim();
  assert.equal(await names('topics'), 'Orders');
  assert.equal(await names('groups'), 'billing');
  assert.equal(await names('clusters'), 'C');
  assert.equal(await names('brokers'), 'broker-a');
  assert.equal(await names('addresses'), address);
  assert.equal((await mqadmin(['completion', '--names', 'planets', '-n', address])).exitCode, 2);
});
