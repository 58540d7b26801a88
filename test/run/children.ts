import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { writePlainJavascript } from './plain-javascript.js';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Kills the process, with SIGKILL, this time after its first output: a loaded machine may start it late. */
  readonly killAfterMs?: number;
  /** A program and its arguments that start the process in its stead. */
  readonly within?: readonly string[];
}

export type RunScript = (script: string, args: readonly string[], options?: RunOptions) => Promise<Ended>;

/**
 * For a test file whose tests run scripts as processes of their own.
 *
 * @returns Runs `<script>.child.ts`, named relative to test/run, and waits for its end.
 */
export function useScripts(): RunScript {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'nucleate-scripts-')), 'js');
  beforeAll(() => writePlainJavascript(folder));
  afterAll(() => rmSync(path.dirname(folder), { recursive: true, force: true }));
  return (script, args, { killAfterMs, within = [] } = {}) => {
    const file = path.join(folder, 'test/run', `${script}.child.js`);
    const [program, ...rest] = [...within, process.execPath, file, ...args];
    const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    if (killAfterMs !== undefined)
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), killAfterMs));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        resolve({ status, signal, stdout, stderr });
      });
    });
  };
}
