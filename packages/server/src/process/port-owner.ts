/**
 * Names the process that listens on a TCP port, from `/proc` (Linux). Elsewhere, or where the owner belongs to another
 * user, it is not known and that is answered as undefined.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  /** The command line, shortened. */
  readonly command: string;
}

const LISTENING = '0A';
const MAX_COMMAND_LENGTH = 120;

export function findPortOwner(port: number): PortOwner | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of names('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of names(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) return { pid: Number(pid), command: commandOf(pid) };
    }
  }
  return undefined;
}

/** `pid 4711 (java … BrokerStartup)`, or that it is not known. */
export function describePortOwner(port: number): string {
  const owner = findPortOwner(port);
  if (owner === undefined) return 'another process';
  return `pid ${owner.pid} (${owner.command})`;
}

/** Lines of /proc/net/tcp: sl local_address:port remote state queues timer retransmits uid timeout inode … */
function listeningInodes(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of text(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(wanted) && fields[3] === LISTENING && fields[9]) inodes.add(fields[9]);
    }
  }
  return inodes;
}

function commandOf(pid: string): string {
  const command =
    text(`/proc/${pid}/cmdline`).split('\0').join(' ').trim() || text(`/proc/${pid}/comm`).trim();
  return command.length > MAX_COMMAND_LENGTH ? `${command.slice(0, MAX_COMMAND_LENGTH - 3)}...` : command;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not Linux, gone meanwhile, or another user's
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
