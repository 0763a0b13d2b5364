import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeHeartbeatData, HeaderView, ProtocolError, SerializeType } from '@rocketmq-ts/protocol';
import { PullHeader } from '../../src/pull/pull-header.ts';

/** Versions as the Go client makes them: nanoseconds since the epoch. */
const NANOSECONDS = '1795398760609736742';

function read(subVersion: string): PullHeader {
  const ext = {
    consumerGroup: 'g',
    topic: 't',
    queueId: '0',
    queueOffset: '0',
    maxMsgNums: '32',
    sysFlag: '2',
    suspendTimeoutMillis: '1',
    subVersion,
  };
  const bytes = Buffer.from(
    JSON.stringify({ code: 11, extFields: ext, flag: 0, language: 'GO', opaque: 1, version: 317 }),
  );
  const view = new HeaderView();
  view.scan(bytes, 0, bytes.length, SerializeType.JSON);
  const header = new PullHeader();
  header.read(view);
  return header;
}

describe('PullHeader', () => {
  it('takes any 64-bit subscription version, and orders it as the heartbeat does', () => {
    const heartbeat = decodeHeartbeatData(
      Buffer.from(
        `{"clientID":"c","producerDataSet":[],"consumerDataSet":[{"groupName":"g","consumeType":"CONSUME_PASSIVELY","messageModel":"CLUSTERING","consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","unitMode":false,"subscriptionDataSet":[{"classFilterMode":false,"codeSet":[],"expressionType":"TAG","subString":"*","subVersion":${NANOSECONDS},"tagsSet":[],"topic":"t"}]}]}`,
      ),
    );
    const registered = heartbeat.consumerDataSet[0]!.subscriptionDataSet[0]!.subVersion;
    assert.equal(read(NANOSECONDS).subVersion, registered);
    assert.ok(read('1795398761609736742').subVersion > registered);
    assert.equal(read('1795383918201').subVersion, 1795383918201);
  });

  it('refuses a version that is no number', () => {
    assert.throws(() => read('not a number at all'), ProtocolError);
    assert.throws(() => read(''), ProtocolError);
  });
});
