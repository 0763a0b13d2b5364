/**
 * A shell beside this process that kills the programs it was told of when this process is gone, however it went: a test
 * runner's SIGKILL leaves no time for anything else.
 *
 * It reads `+ PID` and `- PID` lines from a pipe; the end of the pipe is the end of this process. Only process groups
 * that were named and not taken back are killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';

const SCRIPT = `
groups=" "
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 -"$group" 2>/dev/null; done
`;

let guard: ChildProcess | undefined;

export function guardGroup(pid: number): void {
  if (!guard) {
    guard = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    guard.unref();
    guard.on('error', () => {}); // no shell: the exit hooks have to do
    guard.stdin?.on('error', () => {});
    (guard.stdin as unknown as { unref(): void }).unref();
  }
  guard.stdin?.write(`+ ${pid}\n`);
}

export function unguardGroup(pid: number): void {
  guard?.stdin?.write(`- ${pid}\n`);
}
