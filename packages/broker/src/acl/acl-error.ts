/** What access control refuses or cannot read. Counterpart: org.apache.rocketmq.acl.common.AclException. */
export type AclErrorCode =
  /** The request is not allowed. */
  | 'ACL_DENIED'
  /** plain_acl.yml cannot be used. */
  | 'ACL_BAD_FILE';

export class AclError extends Error {
  readonly code: AclErrorCode;
  readonly retriable = false;

  constructor(code: AclErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AclError';
    this.code = code;
  }

  /** The remark of the answer, worded as a 4.4.0 broker words it, which clients show and tests look for. */
  get remark(): string {
    return `org.apache.rocketmq.acl.common.AclException: ${this.message}`;
  }
}
