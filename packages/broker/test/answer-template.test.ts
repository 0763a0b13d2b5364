import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCommand, SerializeType } from '@rocketmq-ts/protocol';
import { OutputBuffer } from '@rocketmq-ts/remoting';
import { AnswerTemplate, NUMBER } from '../src/answer-template.ts';

function sendTemplate(): AnswerTemplate {
  return new AnswerTemplate({
    code: 0,
    fields: [
      ['queueId', NUMBER],
      ['TRACE_ON', 'true'],
      ['MSG_REGION', 'Default"Region'],
      ['msgId', '7F00000100002E870000000000000000'],
      ['queueOffset', NUMBER],
    ],
    idField: 'msgId',
  });
}

function newOutput(): OutputBuffer {
  return new OutputBuffer({ outputPending() {} });
}

function written(template: AnswerTemplate, opaque: number, type: number): Buffer {
  const output = newOutput();
  template.write(output, opaque, type, 0);
  return Buffer.from(output.buffer.subarray(0, output.reserve(0)));
}

for (const type of [SerializeType.JSON, SerializeType.ROCKETMQ]) {
  test(`numbers of any length are written into the prepared frame, serialize type ${type}`, () => {
    const template = sendTemplate();
    const numbers = [0, 9, 10, 99, 100, 999, 1000, 123456789, 2147483647, 2147483648, 9007199254740991];
    for (const opaque of [0, 7, 10, 2147483647, -1, -10, -2147483648]) {
      for (const number of numbers) {
        template.values[0] = 3;
        template.values[1] = number;
        template.idOffset = number;
        const answer = decodeCommand(written(template, opaque, type));
        assert.equal(answer.opaque, opaque);
        assert.equal(answer.code, 0);
        assert.equal(answer.flag, 1);
        assert.equal(answer.remark, undefined);
        assert.deepEqual(
          [...answer.ext],
          [
            ['queueId', '3'],
            ['TRACE_ON', 'true'],
            ['MSG_REGION', 'Default"Region'],
            ['msgId', `7F00000100002E87${number.toString(16).toUpperCase().padStart(16, '0')}`],
            ['queueOffset', `${number}`],
          ],
        );
      }
    }
  });
}

test('the answer of 4.4.0 to a send, byte for byte', () => {
  const template = new AnswerTemplate({
    code: 0,
    fields: [
      ['queueId', NUMBER],
      ['TRACE_ON', 'true'],
      ['MSG_REGION', 'DefaultRegion'],
      ['msgId', '7F00000100002E870000000000000000'],
      ['queueOffset', NUMBER],
    ],
    idField: 'msgId',
  });
  template.values[0] = 1;
  template.values[1] = 0;
  template.idOffset = 0xb4;
  const frame = written(template, 10, SerializeType.JSON);
  assert.equal(
    frame.toString('utf8', 8),
    '{"code":0,"extFields":{"queueId":"1","TRACE_ON":"true","MSG_REGION":"DefaultRegion",' +
      '"msgId":"7F00000100002E8700000000000000B4","queueOffset":"0"},"flag":1,"language":"JAVA","opaque":10,' +
      '"serializeTypeCurrentRPC":"JSON","version":293}',
  );
});

test('a body is announced in the length of the frame', () => {
  const template = new AnswerTemplate({ code: 0, remark: 'FOUND', fields: [['maxOffset', NUMBER]] });
  const output = newOutput();
  template.values[0] = 12;
  template.write(output, 5, SerializeType.JSON, 1000);
  const end = output.reserve(0);
  assert.equal(output.buffer.readInt32BE(0), end - 4 + 1000);
  const header = Buffer.from(output.buffer.subarray(0, end));
  header.writeInt32BE(end - 4, 0);
  assert.equal(decodeCommand(header).remark, 'FOUND');
});

test('more combinations of lengths than are kept do no harm', () => {
  const template = new AnswerTemplate({
    code: 0,
    fields: [
      ['a', NUMBER],
      ['b', NUMBER],
      ['c', NUMBER],
    ],
  });
  for (let a = 0; a < 12; a++) {
    for (let b = 0; b < 12; b++) {
      for (let c = 0; c < 12; c++) {
        template.values[0] = 10 ** a;
        template.values[1] = 10 ** b;
        template.values[2] = 10 ** c;
        const { ext } = decodeCommand(written(template, 1, SerializeType.JSON));
        assert.deepEqual([...ext.values()], [`${10 ** a}`, `${10 ** b}`, `${10 ** c}`]);
      }
    }
  }
});
