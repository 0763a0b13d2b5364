/**
 * A command that `npx` runs is the grandchild of it: `npx` runs a shell, and the shell runs the command. A signal to `npx`
 * ends the shell and never reaches the command, which would go on and keep its ports. So the command looks whether its
 * shell is still there.
 */
const LOOK_MS = 250;

/** Calls `stop` once when this is `program` as run by `npx`, and the shell in between has gone. */
export function stopWithNpx(program: string, stop: () => void): void {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script } = process.env;
  if (event !== 'npx' || !script?.includes(program)) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    stop();
  }, LOOK_MS);
  timer.unref();
}
