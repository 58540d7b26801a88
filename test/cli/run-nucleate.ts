import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const launcher = fileURLToPath(new URL('../../bin/nucleate.js', import.meta.url));

/** Copies what starts nucleate into a folder, without the npm packages. */
export function copyNucleate(folder: string): void {
  for (const name of ['bin', 'setup', 'src', 'package.json'])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  /** Added to a bare environment; without it nothing asks for colours. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program with pipes for its streams. */
export function run(program: string, args: readonly string[], { cwd = root, env }: Surroundings = {}) {
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Runs `nucleate` as a user does. */
export function nucleate(args: readonly string[], surroundings?: Surroundings): Promise<Outcome> {
  return run(process.execPath, [launcher, ...args], surroundings);
}

/** Runs a line of bash in which `nucleate` is a command. */
export function shell(line: string, surroundings?: Surroundings): Promise<Outcome> {
  const command = `nucleate() { '${process.execPath}' '${launcher}' "$@"; }; ${line}`;
  return run('bash', ['-c', command], surroundings);
}

/** The error of an outcome under --json, and proof that stdout holds nothing else. */
export function jsonError({ stdout }: Outcome) {
  return (
    JSON.parse(stdout) as {
      error: { code: number; what: string; where?: string; hint: string; problems: { what: string }[] };
    }
  ).error;
}
