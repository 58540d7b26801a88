import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Identifies a process among all that have ever run, on any machine. */
export const ProcessIdentity = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** Containers may share the host's name but number their processes separately; '' if unknown. */
  pidNamespace: z.string(),
  /** Differs after each boot of the machine; '' if unknown. */
  boot: z.string(),
  /** Clock ticks from the boot to the start of the process; '' if unknown. Pids are reused, this is not. */
  started: z.string(),
});

export type ProcessIdentity = z.output<typeof ProcessIdentity>;

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    pidNamespace: pidNamespace(),
    boot: textOf('/proc/sys/kernel/random/boot_id').trim(),
    started: processFacts(process.pid).started,
  };
}

/** `elsewhere` if this machine, or this container, cannot tell. */
export type Life = 'running' | 'dead' | 'elsewhere';

export function lifeOf(owner: ProcessIdentity, own: ProcessIdentity = ownIdentity()): Life {
  if (owner.host !== own.host) return 'elsewhere';
  if (owner.boot !== own.boot) return 'dead';
  if (owner.pidNamespace !== own.pidNamespace) return 'elsewhere';
  if (!exists(owner.pid)) return 'dead';
  const { state, started } = processFacts(owner.pid);
  // A zombie keeps its pid until its parent reads its exit code.
  if (state === 'Z' || state === 'X' || started !== owner.started) return 'dead';
  return 'running';
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); '' without such a file, as on macOS. */
function processFacts(pid: number): { state: string; started: string } {
  const text = textOf(`/proc/${pid}/stat`);
  // Field 2, the name, may contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
