/**
 * Requests of official 4.4.0 clients and admin tools, and what a 4.4.0 broker answered: ours, brought into the same state, has to
 * answer the same facts. Where time or the machine decides values, names and kinds of what is told are compared.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  decodeCommand,
  type FastjsonValue,
  parseFastjson,
  type RemotingCommand,
  stringifyFastjson,
} from '@rocketmq-ts/protocol';
import type { Request } from '@rocketmq-ts/remoting';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { ControlRig } from '../rig/control-rig.ts';

interface Exchange {
  readonly request: RemotingCommand;
  readonly response: RemotingCommand | undefined;
}

const FIXTURE = join(import.meta.dirname, '../../../../protocol/test/fixtures/frames-4.4.0.jsonl');

function readExchanges(): Exchange[] {
  const lines = readFileSync(FIXTURE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { side: string; frame: string });
  return lines.flatMap((line, index) => {
    if (line.side !== 'request') return [];
    const next = lines[index + 1];
    return [
      {
        request: decodeCommand(Buffer.from(line.frame, 'hex')),
        response: next?.side === 'response' ? decodeCommand(Buffer.from(next.frame, 'hex')) : undefined,
      },
    ];
  });
}

const exchanges = readExchanges();

/** The captured exchange with this code whose request holds all the given header fields and whose answer holds the text. */
function find(
  code: number,
  ext: Record<string, string> = {},
  answerHolds = '',
): Exchange & { response: RemotingCommand } {
  const found = exchanges.find(
    ({ request, response }) =>
      request.code === code &&
      response !== undefined &&
      Object.entries(ext).every(([name, value]) => request.ext.get(name) === value) &&
      `${response.remark ?? ''}${response.body ?? ''}`.includes(answerHolds),
  );
  assert.ok(found?.response !== undefined, `no captured exchange of ${code}`);
  return { request: found.request, response: found.response };
}

async function rigFor(t: TestContext, settings: Record<string, string> = {}): Promise<ControlRig> {
  const rig = await ControlRig.start(settings);
  t.after(() => rig.stop());
  return rig;
}

/** Sends the captured request as it was. */
function replay(rig: ControlRig, { request }: Exchange, client = rig.client): Promise<RemotingCommand> {
  return rig.call(request.code, request.ext, request.body, client);
}

function assertSameHeader(ours: RemotingCommand, theirs: RemotingCommand): void {
  assert.equal(ours.code, theirs.code, ours.remark);
  // Java leaves "not set any response code" standing in some answers that succeed.
  if (theirs.code !== 0) assert.equal(ours.remark, theirs.remark);
  assert.deepEqual([...ours.ext.keys()].sort(), [...theirs.ext.keys()].sort());
}

/** JSON with map entries and lists in one order; fastjson's own depends on hash codes. */
function sorted(value: FastjsonValue): FastjsonValue {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => (stringifyFastjson(a) < stringifyFastjson(b) ? -1 : 1));
  }
  if (!(value instanceof Map)) return value;
  const text = (key: unknown): string => (key instanceof Map ? stringifyFastjson(sorted(key)) : String(key));
  return new Map(
    [...value].map(([key, item]) => [text(key), sorted(item)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function bodyOf(command: Pick<RemotingCommand, 'body'>): FastjsonValue {
  return sorted(parseFastjson(command.body?.toString('utf8') ?? 'null'));
}

/** Leaves out what time or the machine decides. */
function without(value: FastjsonValue, names: readonly string[]): FastjsonValue {
  if (Array.isArray(value)) return value.map((item) => without(item, names));
  if (!(value instanceof Map)) return value;
  return new Map(
    [...value]
      .filter(([key]) => !names.includes(String(key)))
      .map(([key, item]) => [key, without(item, names)]),
  );
}

function assertSameBody(
  ours: Pick<RemotingCommand, 'body'>,
  theirs: RemotingCommand,
  except: readonly string[] = [],
): void {
  assert.deepEqual(without(bodyOf(ours), except), without(bodyOf(theirs), except));
}

/** The broker that was captured: topic InvA with 7, 4, 7 and 2 messages, CG1 has read all of them and two retries. */
function fillAsCaptured(rig: ControlRig): void {
  const { topics, offsets } = rig.parts.control;
  topics.update(newTopicConfig('InvA', { readQueueNums: 4, writeQueueNums: 4 }));
  topics.update(newTopicConfig('%RETRY%CG1', { readQueueNums: 1, writeQueueNums: 1 }));
  [7, 4, 7, 2].forEach((count, queueId) => {
    rig.fill('InvA', queueId, count);
    offsets.commit('CG1', 'InvA', queueId, count, 'c');
  });
  rig.fill('%RETRY%CG1', 0, 2);
  offsets.commit('CG1', '%RETRY%CG1', 0, 2, 'c');
}

test('34, 38, 203: heartbeats, and who is there', async (t) => {
  const rig = await rigFor(t);
  const beats = exchanges.filter(({ request }) => request.code === 34);
  for (const beat of beats) assertSameHeader(await replay(rig, beat), beat.response!);
  const list = find(38);
  const listed = await replay(rig, list);
  assert.equal(listed.code, 0);
  assertSameBody(listed, list.response);
  const connections = find(203, {}, '192.0.2.2@c1');
  const ours = await replay(rig, connections);
  assertSameHeader(ours, connections.response);
  // One connection here, two there; subscribed to with other versions.
  const shape = (command: RemotingCommand): FastjsonValue =>
    without(bodyOf(command), ['clientAddr', 'clientId', 'connectionSet', 'subVersion']);
  assert.deepEqual(shape(ours), shape(connections.response));
  assert.ok(rig.parts.control.topics.find('%RETRY%CG1'));
});

test('35: a client leaves', async (t) => {
  const rig = await rigFor(t);
  await rig.beat('c', [], ['CLIENT_INNER_PRODUCER']);
  const leave = find(35);
  const ours = await replay(rig, leave);
  assert.equal(ours.code, 0);
  assert.equal(rig.parts.control.producers.members('CLIENT_INNER_PRODUCER'), undefined);
});

test('204: the producers of a group', async (t) => {
  const rig = await rigFor(t);
  await rig.beat('192.0.2.2@p1', [], ['PG1']);
  await rig.beat('192.0.2.2@q1', [], ['PG1'], rig.newClient());
  const captured = find(204);
  const ours = await replay(rig, captured);
  assertSameHeader(ours, captured.response);
  assertSameBody(ours, captured.response, ['clientAddr', 'language']);
});

test('14: offsets of a group that never consumed', async (t) => {
  const rig = await rigFor(t);
  for (const captured of exchanges.filter(({ request }) => request.code === 14)) {
    const ours = await replay(rig, captured);
    assertSameHeader(ours, captured.response!);
    assert.equal(ours.ext.get('offset'), captured.response!.ext.get('offset'));
  }
});

test('15, 43: offsets are stored, and handed to slaves', async (t) => {
  const rig = await rigFor(t);
  const fresh = find(43);
  assertSameBody(await replay(rig, fresh), fresh.response);
  for (const stored of exchanges.filter(
    ({ request, response }) => request.code === 15 && response !== undefined,
  )) {
    assert.equal((await replay(rig, stored)).code, stored.response!.code);
  }
  const captured = find(43, {}, '"InvA@CG1"');
  rig.parts.control.offsets.decodeFile(captured.response.body!.toString('utf8'));
  const ours = await rig.call(43);
  assertSameHeader(ours, captured.response);
  const table = (command: RemotingCommand) =>
    (bodyOf(command) as Map<string, Map<string, FastjsonValue>>).get('offsetTable')!;
  for (const [key, queues] of table(captured.response)) assert.deepEqual(table(ours).get(key), queues, key);
});

test('41, 42: queues are locked and given back', async (t) => {
  const rig = await rigFor(t);
  for (const code of [41, 42, 41]) {
    for (const captured of exchanges.filter(
      ({ request, response }) => request.code === code && response !== undefined,
    )) {
      const ours = await replay(rig, captured);
      assertSameHeader(ours, captured.response!);
      assertSameBody(ours, captured.response!);
    }
  }
});

test('46: the filter of a consumer is checked', async (t) => {
  const rig = await rigFor(t, { enablePropertyFilter: 'true' });
  const captured = find(46);
  assertSameHeader(await replay(rig, captured), captured.response);
});

test('17, 21: a topic is made and listed', async (t) => {
  const rig = await rigFor(t, { traceTopicEnable: 'true' });
  const make = find(17);
  assertSameHeader(await replay(rig, make), make.response);
  const captured = find(21, {}, 'InvCreated');
  const ours = await replay(rig, captured);
  assert.equal(ours.code, 0);
  const table = (command: RemotingCommand) =>
    (bodyOf(command) as Map<string, Map<string, FastjsonValue>>).get('topicConfigTable')!;
  const official = table(captured.response);
  for (const [name, config] of table(ours)) assert.deepEqual(config, official.get(name), name);
  assert.ok(table(ours).has('InvCreated'));
});

test('25, 26: settings are changed and reported', async (t) => {
  const rig = await rigFor(t);
  const change = find(25);
  assertSameHeader(await replay(rig, change), change.response);
  assert.deepEqual(rig.persisted, [{ flushDelayOffsetInterval: '10001' }]);
  const report = find(26);
  const ours = await replay(rig, report);
  assertSameHeader(ours, report.response);
  const keys = (command: RemotingCommand): string[] =>
    command
      .body!.toString('utf8')
      .split('\n')
      .map((line) => line.split('=')[0]!);
  const missing = keys(report.response).filter((key) => !keys(ours).includes(key));
  assert.deepEqual(missing, ['namesrvAddr', 'rocketmqHome']);
  assert.deepEqual(Object.keys(JSON.parse(ours.ext.get('version')!)), ['counter', 'timestamp']);
});

test('28: the runtime table has the keys that clusterList and brokerStatus read', async (t) => {
  const rig = await rigFor(t);
  const captured = find(28);
  const ours = await replay(rig, captured);
  assertSameHeader(ours, captured.response);
  const keys = (command: RemotingCommand): string[] => [
    ...(bodyOf(command) as Map<string, Map<string, FastjsonValue>>).get('table')!.keys(),
  ];
  const missing = keys(captured.response).filter((key) => !keys(ours).includes(key));
  // The store's own part comes from the store.
  const ofTheStore = ['commitLogDiskRatio', 'commitLogMinOffset', 'consumeQueueDiskRatio'];
  assert.deepEqual(
    missing.filter((key) => !key.startsWith('scheduleMessageOffset_')),
    ofTheStore,
  );
});

test('200, 201, 207: groups are made, listed and deleted', async (t) => {
  const rig = await rigFor(t);
  const make = find(200);
  assertSameHeader(await replay(rig, make), make.response);
  assert.equal(rig.parts.control.groups.peek('InvG')?.config.consumeBroadcastEnable, false);
  const captured = find(201);
  const ours = await replay(rig, captured);
  assertSameHeader(ours, captured.response);
  const table = (command: RemotingCommand) =>
    (bodyOf(command) as Map<string, Map<string, FastjsonValue>>).get('subscriptionGroupTable')!;
  for (const [name, config] of table(captured.response)) {
    if (table(ours).has(name)) assert.deepEqual(table(ours).get(name), config, name);
  }
  assert.ok(table(ours).has('TOOLS_CONSUMER'));
  const remove = find(207);
  assertSameHeader(await replay(rig, remove), remove.response);
  assert.equal(rig.parts.control.groups.peek('InvG'), undefined);
});

test('202, 208, 317: what a topic has and how far groups are', async (t) => {
  const rig = await rigFor(t);
  fillAsCaptured(rig);
  const time = ['lastUpdateTimestamp', 'lastTimestamp', 'consumeTps'];
  const topic = find(202);
  const stats = await replay(rig, topic);
  assertSameHeader(stats, topic.response);
  assertSameBody(stats, topic.response, time);
  const progress = find(208, { consumerGroup: 'CG1' }, '%RETRY%CG1');
  const consumed = await replay(rig, progress);
  assertSameHeader(consumed, progress.response);
  assertSameBody(consumed, progress.response, time);
  const offline = find(208, { consumerGroup: 'CG4' });
  assertSameBody(await replay(rig, offline), offline.response, time);
  rig.parts.control.groups.find('CG1');
  const all = find(317);
  const listed = await replay(rig, all);
  assertSameHeader(listed, all.response);
  const ofGroup = (command: RemotingCommand): FastjsonValue | undefined =>
    ((bodyOf(command) as Map<string, FastjsonValue>).get('consumeStatsList') as Map<string, FastjsonValue>[])
      .find((one) => one.has('CG1'))
      ?.get('CG1');
  assert.deepEqual(without(ofGroup(listed)!, time), without(ofGroup(all.response)!, time));
  assert.equal((bodyOf(listed) as Map<string, FastjsonValue>).get('totalDiff'), 0);
});

test('215, 300, 306, 316: clean-up and who consumes what', async (t) => {
  const rig = await rigFor(t);
  rig.parts.control.topics.update(newTopicConfig('%RETRY%InvG'));
  for (const code of [215, 306, 316]) {
    const captured = find(code);
    assertSameHeader(await replay(rig, captured), captured.response);
  }
  assert.deepEqual(rig.store.calls, [
    'deleteTopic %RETRY%InvG',
    'cleanExpiredConsumeQueue',
    'cleanUnusedTopics',
  ]);
  rig.parts.control.offsets.commit('CID_RMQ_SYS_TRANS', 'RMQ_SYS_TRANS_HALF_TOPIC', 0, 1, 'c');
  for (const captured of exchanges.filter(({ request }) => request.code === 300)) {
    const ours = await replay(rig, captured);
    assertSameHeader(ours, captured.response!);
    assertSameBody(ours, captured.response!);
  }
});

test('222, 220: offsets are reset, and online consumers told', async (t) => {
  const rig = await rigFor(t);
  fillAsCaptured(rig);
  const pushed: Request[] = [];
  const client = rig.newClient();
  client.handle(220, (request) => {
    pushed.push(request);
    return undefined;
  });
  await rig.beat('192.0.2.2@c1', [{ group: 'CG1', topics: { InvA: '*' } }], [], client);
  for (const timestamp of ['-1', '1600000000000']) {
    const captured = find(222, { timestamp });
    const ours = await replay(rig, captured);
    assertSameHeader(ours, captured.response);
    assertSameBody(ours, captured.response);
    await rig.clock.advance(10);
    const officialPush = exchanges.find(
      ({ request }) => request.code === 220 && request.ext.get('timestamp') === timestamp,
    )!.request;
    const push = pushed.at(-1)!;
    assert.deepEqual([...push.ext.keys()].sort(), [...officialPush.ext.keys()].sort());
    assertSameBody(push, officialPush);
  }
});

test('307: a consumer is asked about itself, and its answer handed on', async (t) => {
  const rig = await rigFor(t);
  const captured = find(307, { clientId: '192.0.2.2@c1' });
  const client = rig.newClient();
  client.handle(307, () => ({ code: 0, body: captured.response.body }));
  await rig.beat('192.0.2.2@c1', [{ group: 'CG1', topics: { InvA: '*' } }], [], client);
  const ours = await replay(rig, captured);
  assert.equal(ours.code, 0);
  assert.deepEqual(ours.body, captured.response.body);
});

test('315: counters, and the words for one that is not there', async (t) => {
  const rig = await rigFor(t);
  const { topics, statistics } = rig.parts.control;
  topics.update(newTopicConfig('InvA'));
  topics.find('InvA')!.putNums = 7;
  await rig.clock.advance(10_000);
  statistics.sample();
  const there = find(315, { statsKey: 'InvA' });
  const ours = await replay(rig, there);
  assertSameHeader(ours, there.response);
  assertSameBody(ours, there.response, ['tps', 'avgpt', 'sum']);
  const missing = find(315, { statsKey: 'BenchmarkTest' });
  assertSameHeader(await replay(rig, missing), missing.response);
});
