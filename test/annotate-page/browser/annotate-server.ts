import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AnnotationEvent } from '../../../src/annotate/protocol/event.js';
import { encodePng } from '../../../src/data/image/image-io.js';
import { launcher, root } from '../../cli/run-nucleate.js';
import { writeFolder } from '../../data/write-dataset.js';

/** `nucleate annotate`, running. */
export interface AnnotateServer {
  /** With the token. */
  readonly link: string;
  readonly port: number;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** What it has said on stderr. */
  said(): string;
}

/** Starts `nucleate annotate` on a folder, and waits until it has printed its link. */
export async function startServer(folder: string, ...args: readonly string[]): Promise<AnnotateServer> {
  const command = [launcher, 'annotate', folder, '--annotator', 'anna', '--json', ...args];
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [...command, ...port], {
    cwd: root,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ready = await new Promise<{ link: string; port: number }>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const line = stdout.split('\n').find((part) => part.includes('"ready"'));
      if (line) resolve(JSON.parse(line) as { link: string; port: number });
    });
    child.on('close', (status) =>
      reject(new Error(`nucleate annotate ended with ${status}: ${stdout}${stderr}`)),
    );
  });
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  return { ...ready, stop, said: () => stderr };
}

/** px: width and height of the images of {@link makeDataset}. */
export const side = 128;

/** A folder of grey images with a few bright discs. */
export async function makeDataset(names: readonly string[]): Promise<{ folder: string; remove: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-annotate-'));
  const files: Record<string, Uint8Array> = {};
  for (const [index, name] of names.entries()) {
    const data = new Uint8Array(side * side);
    for (let at = 0; at < data.length; at++) {
      const [x, y] = [at % side, Math.floor(at / side)];
      const isDisc = ((x % 40) - 20) ** 2 + ((y % 40) - 20) ** 2 < 120;
      // Each image has another background: its pixels tell it apart.
      data[at] = isDisc ? 200 - (x % 7) : 20 + index;
    }
    files[name] = await encodePng({ width: side, height: side, channels: 1, data });
  }
  writeFolder(folder, files);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The events on the disk of an image, by a part of its name. */
export function readLog(folder: string, name: string): AnnotationEvent[] {
  const logs = path.join(folder, 'annotations', 'anna');
  const found = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.jsonl') && file.includes(name),
  );
  if (found.length !== 1) throw new Error(`Expected one log of ${name}, found ${found.join(', ')}`);
  return readFileSync(path.join(logs, found[0]!), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AnnotationEvent)
    .filter(({ seq }) => seq !== undefined);
}
