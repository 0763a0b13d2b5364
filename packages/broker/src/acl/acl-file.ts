/**
 * Reads `plain_acl.yml` and follows its changes. Counterpart: PlainPermissionLoader.watch (every 500 ms by content).
 *
 * A file that cannot be used stops the start of the broker; later, the accounts read last stay in force and the log says why.
 */
import type { Clock, FileSystem, Logger, Timer } from '@rocketmq-ts/platform';
import { AccessValidator } from './access-validator.ts';
import { parseAclAccounts } from './acl-accounts.ts';
import { AclError } from './acl-error.ts';

const WATCH_INTERVAL_MS = 500;

export class AclFile {
  readonly validator: AccessValidator;
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #timer: Timer;
  #content: string;

  /** @throws AclError ACL_BAD_FILE */
  constructor(platform: { clock: Clock; fileSystem: FileSystem }, path: string, logger: Logger) {
    this.#fileSystem = platform.fileSystem;
    this.#path = path;
    this.#logger = logger;
    this.#content = this.#read();
    this.validator = new AccessValidator(this.#parse(this.#content));
    this.#timer = platform.clock.setInterval(() => this.#reloadIfChanged(), WATCH_INTERVAL_MS);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #reloadIfChanged(): void {
    try {
      const content = this.#read();
      if (content === this.#content) return;
      this.#content = content;
      this.validator.replaceAccounts(this.#parse(content));
      this.#logger.info('access control reloaded', { path: this.#path });
    } catch (error) {
      this.#logger.error('access control file cannot be used: the accounts read before stay in force', {
        error: String(error),
      });
    }
  }

  #read(): string {
    try {
      return this.#fileSystem.readFileSync(this.#path).toString('utf8');
    } catch (error) {
      throw new AclError(
        'ACL_BAD_FILE',
        `aclEnable=true needs ${this.#path}, which cannot be read: ${String(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  #parse(content: string) {
    try {
      const accounts = parseAclAccounts(content);
      for (const warning of accounts.warnings) this.#logger.warn(warning, { path: this.#path });
      return accounts;
    } catch (error) {
      if (!(error instanceof AclError)) throw error;
      throw new AclError('ACL_BAD_FILE', `${this.#path} cannot be used: ${error.message}`, { cause: error });
    }
  }
}
