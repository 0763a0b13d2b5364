import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  encodeHeartbeatData,
  encodeLockBatchRequestBody,
  RequestCode,
  signRequest,
} from '@rocketmq-ts/protocol';
import { accessRule } from '../../src/acl/access-rules.ts';
import { AccessValidator } from '../../src/acl/access-validator.ts';
import { parseAclAccounts } from '../../src/acl/acl-accounts.ts';
import { AclError } from '../../src/acl/acl-error.ts';
import { parseRemoteAddressRule } from '../../src/acl/remote-address-rule.ts';

const FILE = `
globalWhiteRemoteAddresses:
- 10.10.103.*
- 192.168.0.{7,8}

accounts:
- accessKey: RocketMQ
  secretKey: 12345678
  whiteRemoteAddress:
  admin: false
  defaultTopicPerm: DENY
  defaultGroupPerm: SUB
  topicPerms:
  - topicA=DENY
  - topicB=PUB|SUB
  - topicC=SUB
  groupPerms:
  - groupA=DENY
  - groupB=PUB|SUB

- accessKey: defaults
  secretKey: 87654321
  defaultTopicPerm: PUB|SUB

- accessKey: rocketmq2
  secretKey: 12345678
  whiteRemoteAddress: 192.168.1.*
  admin: true
`;
const CREDENTIALS = {
  low: { accessKey: 'RocketMQ', secretKey: '12345678' },
  defaults: { accessKey: 'defaults', secretKey: '87654321' },
  admin: { accessKey: 'rocketmq2', secretKey: '12345678' },
  wrongSecret: { accessKey: 'rocketmq2', secretKey: 'wrong678' },
} as const;
type Who = keyof typeof CREDENTIALS | 'nobody';

const validator = new AccessValidator(parseAclAccounts(FILE));

function ask(
  who: Who,
  code: number,
  ext: Record<string, string> = {},
  body?: Buffer,
  ip = '127.0.0.1',
): string {
  const fields = new Map(Object.entries(ext));
  if (who !== 'nobody')
    for (const [name, value] of signRequest(fields, body, CREDENTIALS[who])) fields.set(name, value);
  try {
    validator.validate({ code, ext: fields, body }, ip);
    return 'allowed';
  } catch (error) {
    assert.ok(error instanceof AclError, String(error));
    return error.remark.replace('org.apache.rocketmq.acl.common.AclException: ', '');
  }
}

describe('AccessValidator', () => {
  it('wants an account, and the right secret', () => {
    assert.equal(ask('nobody', RequestCode.GET_MAX_OFFSET), 'No accessKey is configured');
    assert.equal(ask('nobody', RequestCode.GET_MAX_OFFSET, { AccessKey: 'who' }), 'No acl config for who');
    assert.equal(
      ask('wrongSecret', RequestCode.GET_MAX_OFFSET),
      'Check signature failed for accessKey=rocketmq2',
    );
    assert.equal(ask('admin', RequestCode.GET_MAX_OFFSET), 'allowed');
  });

  it('trusts the listed addresses', () => {
    const code = RequestCode.UPDATE_BROKER_CONFIG;
    assert.equal(ask('nobody', code, {}, undefined, '10.10.103.9'), 'allowed');
    assert.equal(ask('nobody', code, {}, undefined, '192.168.0.8'), 'allowed');
    assert.equal(ask('nobody', code, {}, undefined, '192.168.0.9'), 'No accessKey is configured');
    assert.equal(
      ask('wrongSecret', code, {}, undefined, '192.168.1.3'),
      'allowed',
      "the account's own white list",
    );
    assert.match(ask('low', code, {}, undefined, '192.168.1.3'), /Need admin/);
  });

  it('checks publishing by topic, batches too, with a default', () => {
    for (const code of [RequestCode.SEND_MESSAGE_V2, RequestCode.SEND_BATCH_MESSAGE]) {
      assert.equal(ask('low', code, { a: 'P', b: 'topicB' }), 'allowed');
      assert.equal(ask('low', code, { a: 'P', b: 'topicC' }), 'No default permission for topicC');
      assert.equal(ask('low', code, { a: 'P', b: 'other' }), 'No default permission for other');
      assert.equal(ask('defaults', code, { a: 'P', b: 'other' }), 'allowed');
      assert.equal(ask('admin', code, { a: 'P', b: 'topicA' }), 'allowed');
    }
    assert.equal(
      ask('low', RequestCode.SEND_MESSAGE, { topic: 'topicA' }),
      'No default permission for topicA',
    );
    assert.equal(ask('low', RequestCode.SEND_MESSAGE_V2, { a: 'groupB', b: '%RETRY%groupB' }), 'allowed');
    assert.match(
      ask('low', RequestCode.SEND_MESSAGE_V2, { a: 'groupB', b: '%RETRY%groupA' }),
      /%RETRY%groupA/,
    );
  });

  it('checks consuming by topic and group', () => {
    const pull = (topic: string, consumerGroup: string) =>
      ask('low', RequestCode.PULL_MESSAGE, { topic, consumerGroup });
    assert.equal(pull('topicC', 'groupB'), 'allowed');
    assert.equal(pull('topicC', 'unlisted'), 'allowed', 'defaultGroupPerm');
    assert.equal(pull('topicC', 'groupA'), 'No default permission for %RETRY%groupA');
    assert.equal(pull('topicA', 'groupB'), 'No default permission for topicA');
    const heartbeat = (group: string, topic: string) =>
      encodeHeartbeatData({
        clientID: 'c',
        producerDataSet: [{ groupName: 'P' }],
        consumerDataSet: [
          {
            groupName: group,
            consumeType: 'CONSUME_PASSIVELY',
            messageModel: 'CLUSTERING',
            consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
            unitMode: false,
            subscriptionDataSet: [
              {
                classFilterMode: false,
                topic,
                subString: '*',
                tagsSet: [],
                codeSet: [],
                subVersion: 1,
                expressionType: 'TAG',
              },
            ],
          },
        ],
      });
    assert.equal(ask('low', RequestCode.HEART_BEAT, {}, heartbeat('groupB', 'topicC')), 'allowed');
    assert.match(ask('low', RequestCode.HEART_BEAT, {}, heartbeat('groupA', 'topicC')), /groupA/);
    assert.match(ask('low', RequestCode.HEART_BEAT, {}, heartbeat('groupB', 'topicA')), /topicA/);
    const lock = encodeLockBatchRequestBody({ consumerGroup: 'groupA', clientId: 'c', mqSet: [] });
    assert.match(ask('low', RequestCode.LOCK_BATCH_MQ, {}, lock), /groupA/);
    const back = { originTopic: 'topicB', group: 'groupB' };
    assert.equal(ask('low', RequestCode.CONSUMER_SEND_MSG_BACK, back), 'allowed');
  });

  it('knows every code: nobody unsigned, administrators everything, unknown codes denied to all', () => {
    const inBroker = Object.values(RequestCode).filter((code) => accessRule(code) !== undefined);
    assert.ok(inBroker.length >= 45, `${inBroker.length} codes have a rule`);
    for (const code of inBroker) {
      assert.equal(ask('nobody', code), 'No accessKey is configured', String(code));
      assert.match(ask('wrongSecret', code), /Check signature failed/, String(code));
      assert.equal(ask('admin', code), 'allowed', String(code));
      if (accessRule(code) === 'admin') assert.match(ask('low', code), /Need admin permission/, String(code));
    }
    assert.match(ask('admin', 99_999), /request code=99999 \(UNKNOWN\) is not allowed/);
    assert.match(ask('admin', RequestCode.REGISTER_BROKER), /is not allowed/);
  });
});

describe('parseAclAccounts', () => {
  const broken: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /no accounts/],
    ['accounts: [', /not YAML/],
    ['accounts: text', /accounts must be a list/],
    [
      'accounts:\n- accessKey: short\n  secretKey: 12345678',
      /accessKey must have more than 6 characters, it has 5/,
    ],
    [
      'accounts:\n- accessKey: longenough\n  secretKey: secret',
      /secretKey of accessKey "longenough" must have more/,
    ],
    ['accounts:\n- accessKey: longenough\n  secretKey: 12345678\n  topicPerms: [a]', /"a" of topicPerms/],
    ['globalWhiteRemoteAddresses: [1.2.3]', /white list entry "1.2.3"/],
  ];
  for (const [content, message] of broken) {
    it(`refuses ${JSON.stringify(content)}`, () => {
      assert.throws(
        () => parseAclAccounts(content),
        (error) => error instanceof AclError && message.test(error.message),
      );
    });
  }

  it('never tells a secret', () => {
    const content = 'accounts:\n- accessKey: longenough\n  secretKey: hush\n';
    assert.throws(
      () => parseAclAccounts(content),
      (error) => error instanceof AclError && !error.message.includes('hush'),
    );
  });

  it('counts an unknown permission as DENY and says so', () => {
    const { accounts, warnings } = parseAclAccounts(
      'accounts:\n- accessKey: longenough\n  secretKey: 12345678\n  topicPerms: ["t=READ"]',
    );
    assert.equal(accounts.get('longenough')?.permissionOn('t'), 1);
    assert.deepEqual(warnings, ['t of longenough is "READ": counted as DENY']);
  });
});

describe('white list entries', () => {
  const cases: ReadonlyArray<readonly [string, string[], string[]]> = [
    ['', [], ['127.0.0.1']],
    ['*', ['127.0.0.1', '::1'], []],
    ['10.1.2.3', ['10.1.2.3'], ['10.1.2.4', '110.1.2.3']],
    ['10.1.2.3,10.1.2.4', ['10.1.2.3', '10.1.2.4'], ['10.1.2.5']],
    ['10.1.2.*', ['10.1.2.0', '10.1.2.255'], ['10.1.3.1']],
    ['10.1.*.*', ['10.1.2.3'], ['10.2.2.3']],
    ['10.1.2.1-20', ['10.1.2.1', '10.1.2.20'], ['10.1.2.21', '10.1.2.0']],
    ['10.1.1-9.*', ['10.1.9.77'], ['10.1.10.77']],
    ['10.1.2.{3,40}', ['10.1.2.3', '10.1.2.40'], ['10.1.2.4']],
  ];
  for (const [entry, yes, no] of cases) {
    it(`"${entry}"`, () => {
      const rule = parseRemoteAddressRule(entry);
      for (const ip of yes) assert.equal(rule(ip), true, ip);
      for (const ip of no) assert.equal(rule(ip), false, ip);
    });
  }
  for (const entry of [
    '10.1.2',
    '10.1.2.256',
    '10.1.2.20-1',
    '10.1.2.-3',
    '10.1.2.{3',
    'host',
    '10.1.2.3,',
  ]) {
    it(`refuses "${entry}"`, () => assert.throws(() => parseRemoteAddressRule(entry), AclError));
  }
});
