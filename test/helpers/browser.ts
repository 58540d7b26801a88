import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const folders = (process.env['PATH'] ?? '').split(delimiter);

/** The first Chromium on the PATH; undefined if there is none. */
export const chromium = folders
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why a test that needs Chromium is skipped; empty where Chromium is installed. */
export const noChromium = chromium === undefined ? `no ${names.join(', ')} on the PATH` : '';

/** What Chromium answers to a command of its DevTools protocol. */
interface Answer {
  readonly id?: number;
  readonly result?: { readonly sessionId?: string; readonly result?: { readonly value?: unknown } };
  readonly error?: { readonly message: string };
}

/**
 * Opens a page in Chromium without a window or a network, and evaluates expressions in it, one after the other. They run
 * despite a strict CSP of the page.
 *
 * @returns The value of each expression; of a promise, what it resolves to.
 */
export async function evaluateInPage(path: string, expressions: readonly string[]): Promise<unknown[]> {
  if (chromium === undefined) throw new Error(`Expected a browser: ${noChromium}`);
  const profile = mkdtempSync(join(tmpdir(), 'nucleate-chromium-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    '--host-resolver-rules=MAP * ~NOTFOUND',
    '--remote-debugging-pipe',
  ];
  const child = spawn(chromium, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const { send, loaded } = connect(child.stdio[3] as Writable, child.stdio[4] as unknown as Readable);
    const { targetId } = (await send('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
    const { sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as {
      sessionId: string;
    };
    await send('Page.enable', {}, sessionId);
    await send('Page.navigate', { url: pathToFileURL(path).href }, sessionId);
    await loaded;
    const values: unknown[] = [];
    for (const expression of expressions) {
      const parameters = { expression, returnByValue: true, awaitPromise: true };
      const answer = await send('Runtime.evaluate', parameters, sessionId);
      values.push((answer as { result: { value?: unknown } }).result.value);
    }
    return values;
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The DevTools protocol over pipes: JSON messages with a zero byte after each. */
function connect(input: Writable, output: Readable) {
  const waiting = new Map<number, (answer: Answer) => void>();
  let nextId = 0;
  let unread = '';
  let onLoaded = () => {};
  const loaded = new Promise<void>((resolve) => (onLoaded = resolve));
  output.setEncoding('utf8').on('data', (text: string) => {
    const messages = (unread + text).split('\0');
    unread = messages.pop()!;
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer & { method?: string };
      if (answer.method === 'Page.loadEventFired') onLoaded();
      if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    }
  });
  const send = (method: string, params: object, sessionId?: string) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++nextId;
      waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  return { send, loaded };
}
