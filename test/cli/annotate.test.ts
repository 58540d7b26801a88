import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { annotateCommand } from '../../src/cli/commands/annotate.js';
import { Client, send, square, writeImages } from '../annotate/server/laboratory.js';
import { scratchFolder } from '../run/scratch.js';
import { jsonError, launcher, nucleate, root } from './run-nucleate.js';

/** Starts it as a user does, and waits for what it prints. */
async function annotate(args: readonly string[], cwd: string) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const link = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const [found] = /http:\/\/[^\s"]+/u.exec(stdout) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`It ended: ${stdout}${stderr}`)));
  });
  const { port, hash } = new URL(link);
  const end = async () => {
    child.kill('SIGTERM');
    return { status: await ended, stdout, stderr };
  };
  return { client: new Client(Number(port), hash.slice(1)), end };
}

test('the example prints a link to the page, and ends with 0', async () => {
  const folder = scratchFolder();
  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  const [[line]] = annotateCommand.examples as [readonly [string, string]];
  const { client, end } = await annotate([...line.split(' ').slice(1), '--port', '0'], folder);
  const page = await send(client.port, { headers: client.headers });
  expect(page.body.toString()).toMatch(/<script type="module" src="page\.js">/u);
  const script = await send(client.port, { path: '/page.js', headers: client.headers });
  expect([script.status, script.body.length > 10_000]).toEqual([200, true]);
  expect((await client.ask('/api/session')).value).toMatchObject({ annotator: 'me', canTrain: true });
  // The masks that the images came with.
  const { objects } = (await client.ask('/api/images/0')).value as { objects: unknown[] };
  expect(objects.length).toBeGreaterThan(0);
  const { status, stdout } = await end();
  expect(status).toBe(0);
  expect(stdout).toMatch(/^images {6}24\nopen {8}http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}\nend {9}Ctrl-C\n$/u);
}, 180_000);

test('what was done is kept when it is ended, with a snapshot', async () => {
  const folder = await writeImages(['a.png']);
  const { client, end } = await annotate(
    ['annotate', folder, '--annotator', 'ann', '--port', '0', '--json'],
    root,
  );
  expect((await client.ask('/api/images/0/events', square(1, [0, 0, 4, 4], 0))).status).toBe(200);
  const { status, stdout } = await end();
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'ready', port: client.port });
  const stem = path.join(folder, 'annotations/ann/a.png');
  expect(readFileSync(`${stem}.jsonl`, 'utf8').split('\n')).toHaveLength(2);
  expect([existsSync(`${stem}.tif`), existsSync(`${stem}.json`)]).toEqual([true, true]);
}, 180_000);

describe('nucleate annotate', () => {
  test.each([
    [['--annotator', 'a/b'], /cannot be the name of an annotator/u, 2],
    [['--annotator', 'a', '--port', '70000'], /--port takes a number up to 65535/u, 2],
    [['--annotator', 'a', '--region', '3'], /--region takes a whole number of at least 64/u, 2],
    [['--annotator', 'a', '--model', 'none'], /no model folder `none`/u, 2],
  ] as const)(
    'rejects %j',
    async (args, what, status) => {
      const folder = await writeImages(['a.png']);
      const outcome = await nucleate(['annotate', folder, ...args, '--json']);
      expect(outcome.status).toBe(status);
      expect(jsonError(outcome).what).toMatch(what);
    },
    120_000,
  );
});
