/**
 * Makes keys (P-256) and X.509 certificates: for test mode, which needs one at start, and for tests of everything that can
 * be wrong with one. Node reads certificates but makes none.
 *
 *     Certificate  SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING signature }
 *     tbs          SEQUENCE { [0] version 2 (v3), INTEGER serial, AlgorithmIdentifier, Name issuer,
 *                             SEQUENCE { notBefore, notAfter }, Name subject, SubjectPublicKeyInfo, [3] extensions }
 *     Name         SEQUENCE { SET { SEQUENCE { OID commonName, UTF8String } } }
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface CertificateOptions {
  readonly commonName: string;
  /** Host names and IPv4 addresses it is for. */
  readonly names?: readonly string[];
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** Whether it may sign others. */
  readonly isAuthority?: boolean;
  /** Who signs it. Default: itself. */
  readonly issuer?: IssuedCertificate;
}

export interface IssuedCertificate {
  readonly commonName: string;
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly keyPem: string;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');

/** UTCTime has two digits for the year and ends here. */
const UTC_TIME_END_YEAR = 2050;
const SERIAL_BYTES = 16;
const PEM_LINE = 64;

export function createCertificate(options: CertificateOptions): IssuedCertificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const issuer = options.issuer ?? { commonName: options.commonName, keyPem };
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const tbs = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serialNumber()),
    algorithm,
    name(issuer.commonName),
    der(SEQUENCE, time(options.validFromMs), time(options.validUntilMs)),
    name(options.commonName),
    createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })).export({
      type: 'spki',
      format: 'der',
    }),
    der(0xa3, der(SEQUENCE, ...extensions(options))),
  );
  const signature = sign('sha256', tbs, createPrivateKey(issuer.keyPem));
  const certificate = der(SEQUENCE, tbs, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  return { commonName: options.commonName, certificatePem: pem(certificate), keyPem };
}

function extensions(options: CertificateOptions): Buffer[] {
  const constraints = der(SEQUENCE, ...(options.isAuthority === true ? [TRUE] : []));
  const all = [der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTET_STRING, constraints))];
  const names = options.names ?? [];
  if (names.length > 0) {
    const value = der(SEQUENCE, ...names.map(generalName));
    all.push(der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, value)));
  }
  return all;
}

/** [7] an address, [2] a host name. */
function generalName(text: string): Buffer {
  if (isIPv4(text)) return der(0x87, Buffer.from(text.split('.').map(Number)));
  return der(0x82, Buffer.from(text, 'latin1'));
}

function name(commonName: string): Buffer {
  const attribute = der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName, 'utf8')));
  return der(SEQUENCE, der(SET, attribute));
}

function time(ms: number): Buffer {
  const date = new Date(ms);
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  if (date.getUTCFullYear() >= UTC_TIME_END_YEAR)
    return der(GENERALIZED_TIME, Buffer.from(`${digits}Z`, 'latin1'));
  return der(UTC_TIME, Buffer.from(`${digits.slice(2)}Z`, 'latin1'));
}

/** Positive, without leading zeros. */
function serialNumber(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(new RegExp(`.{1,${PEM_LINE}}`, 'g')) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
