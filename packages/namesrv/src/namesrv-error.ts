/** What can be wrong with a name server's configuration or its files. Codes are listed in docs/errors.md. */
export type NamesrvErrorCode = 'NAMESRV_CONFIG' | 'NAMESRV_FILE' | 'NAMESRV_LIMIT';

export class NamesrvError extends Error {
  readonly code: NamesrvErrorCode;
  readonly retriable: boolean;

  constructor(code: NamesrvErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NamesrvError';
    this.code = code;
    this.retriable = code === 'NAMESRV_LIMIT';
  }
}
