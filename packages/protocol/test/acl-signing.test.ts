import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signRequest, verifySignature } from '../src/acl-signing.ts';
import { decodeCommand } from '../src/index.ts';
import { capturedFrames } from './fixtures.ts';

const CREDENTIALS = { accessKey: 'rocketmq', secretKey: '12345678' };

describe('request signatures', () => {
  it('are those of the official client', () => {
    const added = signRequest(new Map(), undefined, CREDENTIALS);
    assert.equal(added.get('Signature'), 'wmnVRiuXwvgUxJ6oySLyc1qu7Z4=');
    assert.equal(added.get('AccessKey'), 'rocketmq');
  });

  it('are those of the captured requests', () => {
    let count = 0;
    for (const { code, side, frame } of capturedFrames) {
      const { ext, body } = decodeCommand(frame);
      const captured = ext.get('Signature');
      if (side !== 'request' || captured === undefined) continue;
      assert.equal(verifySignature(ext, body, CREDENTIALS.secretKey), true, `code ${code}`);
      ext.delete('Signature');
      ext.delete('AccessKey');
      ext.delete('_UNIQUE_KEY_QUERY'); // which the captured client did not sign
      assert.equal(signRequest(ext, body, CREDENTIALS).get('Signature'), captured, `code ${code}`);
      count++;
    }
    assert(count > 30, `${count} signed requests`);
  });

  it('cover every field in the order of names, and the body', () => {
    const ext = new Map([
      ['topic', 'T'],
      ['Zone', 'z'],
      ['a', '键'],
    ]);
    const body = Buffer.from('body');
    const signed = new Map([...signRequest(ext, body, CREDENTIALS), ...ext]);
    assert.equal(verifySignature(signed, body, '12345678'), true);
    assert.equal(verifySignature(signed, body, '12345679'), false);
    assert.equal(verifySignature(signed, Buffer.from('bodY'), '12345678'), false);
    assert.equal(verifySignature(new Map([...signed, ['topic', 'U']]), body, '12345678'), false);
    assert.equal(verifySignature(new Map([...signed, ['more', 'x']]), body, '12345678'), false);
    assert.equal(verifySignature(ext, body, '12345678'), false, 'no signature at all');
  });

  it('are accepted without the one field that the 4.4.0 client leaves out', () => {
    const ext = new Map([['key', 'k']]);
    const signed = new Map([...signRequest(ext, undefined, CREDENTIALS), ...ext]);
    signed.set('_UNIQUE_KEY_QUERY', 'true');
    assert.equal(verifySignature(signed, undefined, '12345678'), true);
  });
});
