import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { Client } from './laboratory.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A server in a process of its own. */
export interface ServerProcess {
  readonly client: Client;
  readonly child: ChildProcess;
  /** Waits for a line that it prints. */
  said(line: string): Promise<void>;
  /** Ends it at once, and waits until it is gone. */
  kill(): Promise<void>;
}

/**
 * For a test file whose tests start servers.
 *
 * @returns Serves a folder. `within`: a program and its arguments that start the process in its stead.
 */
export function useServers(): (folder: string, within?: readonly string[]) => Promise<ServerProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-serve-'));
  const script = path.join(folder, 'js/serve.js');
  beforeAll(async () => {
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    await build({
      ...{
        entryPoints: [path.join(root, 'test/annotate/server/serve.child.ts')],
        outdir: path.dirname(script),
      },
      ...{ entryNames: 'serve', bundle: true, packages: 'external' },
      // Loaded only with a model.
      external: ['./assistant.js'],
      ...{ format: 'esm', platform: 'node', target: 'node20', logLevel: 'silent' },
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return async (images, within = []) => {
    const [program = '', ...rest] = [...within, process.execPath, script, images];
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    const waiting = new Set<() => void>();
    const look = () => waiting.forEach((one) => one());
    child.stdout.setEncoding('utf8').on('data', (text: string) => ((stdout += text), look()));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const gone = new Promise<void>((resolve) => child.on('close', () => (look(), resolve())));
    const lineWith = (wanted: (line: string) => boolean) =>
      new Promise<string>((resolve, reject) => {
        const check = () => {
          const line = stdout.split('\n').find(wanted);
          if (line !== undefined) resolve(line);
          else if (child.exitCode !== null) reject(new Error(`It has ended: ${stdout}${stderr}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      });
    const kill = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    onTestFinished(kill);
    const { port, token } = JSON.parse(await lineWith((line) => line.startsWith('{"port"'))) as {
      port: number;
      token: string;
    };
    const said = async (line: string) => void (await lineWith((other) => other === line));
    return { client: new Client(port, token), child, said, kill };
  };
}
