import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { randomFor, type Random } from '../../../src/random.js';
import { type RawRequest, send, square, startServer, usualOptions, writeImages } from './laboratory.js';

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'];
const places = [
  ...[
    '/',
    '/page.js',
    '/api/session',
    '/api/queue',
    '/api/images/0',
    '/api/images/1',
    '/api/images/0/labels',
  ],
  ...[
    '/api/images/0/pixels?channel=0',
    '/api/images/0/events',
    '/api/images/0/segment',
    '/api/images/0/propose',
  ],
  ...['/api/train', '/api/train/stop', '/api/export', '/api/images/0/../../x', '/api/images/%2e%2e'],
];
const values: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    '',
    '../x',
    'a'.repeat(1000),
    [],
    {},
    [[]],
    '\0',
    'geojson2',
  ],
  ...[{ x: 0, y: 0, width: 1, height: 1 }, [1, 1], [-1, 1], ['1', '1'], { id: 1, removed: true }],
];

/**
 * Sends random requests: methods, addresses, headers and bodies that are nearly right.
 *
 * Every answer has a status that says what is wrong; none is a bug (500). Edits that are right by chance are events in the
 * log and nothing else.
 */
export async function fuzzServer({ requests, seed }: { requests: number; seed: number }): Promise<void> {
  const folder = await writeImages(['a.png', 'b.png']);
  const { client, errors, service } = await startServer(usualOptions(folder));
  const random = randomFor(seed, 'requests');
  const counts = new Map<number, number>();
  for (let request = 0; request < requests; request++) {
    const sent = randomRequest(random, client.headers, (await service.place(0)).seq);
    const answer = await send(client.port, sent).catch(() => undefined);
    const status = answer?.status ?? 0;
    counts.set(status, (counts.get(status) ?? 0) + 1);
    expect(status, JSON.stringify(sent).slice(0, 2000)).not.toBe(500);
    if (answer && status >= 400 && sent.method !== 'HEAD')
      expect(answer.body.toString(), JSON.stringify(sent).slice(0, 500)).toMatch(/^\{"error":"|^$/u);
  }
  expect(errors).toEqual([]);
  // They come through to the checks of each kind.
  const kinds = requests > 400 ? [200, 400, 401, 403, 404, 405, 409] : [200, 403];
  for (const status of kinds) expect([...counts.keys()]).toContain(status);
  // It still works, and the log still says what the state is.
  const { seq, hash } = await service.place(0);
  const { status, value } = await client.ask('/api/images/0/events', square(10_000, [0, 0, 40, 30], seq));
  expect([status, hash]).toEqual([409, hash]);
  expect((value as { error: string }).error).toMatch(/no pixels|too/u);
}

function randomRequest(random: Random, good: Record<string, string>, seq: number): RawRequest {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const isMostly = () => random.uniform() < 0.9;
  const headers: Record<string, string> = { ...good, 'content-type': 'application/json' };
  if (!isMostly()) headers['host'] = pick(['evil.example', 'localhost', '127.0.0.1:1', 'x'.repeat(500)]);
  if (!isMostly()) headers['authorization'] = pick(['', 'Bearer x', 'Bearer ', 'é'.repeat(3)]);
  if (!isMostly()) headers['origin'] = pick(['http://evil.example', 'null', '', `http://${good['host']!}`]);
  if (!isMostly()) headers['content-type'] = pick(['text/plain', '', 'application/json;']);
  if (!isMostly()) headers['sec-fetch-site'] = pick(['cross-site', 'none', '\t']);
  const method = isMostly() ? pick(['GET', 'POST', 'POST', 'POST']) : pick(methods);
  const letters = () => String.fromCharCode(33 + random.integer(90));
  const place = isMostly()
    ? pick(places)
    : `/${Array.from({ length: random.integer(30) }, letters).join('')}`;
  return { method, path: place, headers, ...(method === 'POST' && { body: randomBody(random, seq) }) };
}

function randomBody(random: Random, seq: number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const x = random.integer(38);
  const event = { ...square(random.integer(50) + 1, [x, random.integer(28), 2, 2], seq) } as Record<
    string,
    unknown
  >;
  const request = { uuid: randomUUID(), prev: seq, session: randomUUID() };
  const body = pick<Record<string, unknown>>([
    event,
    event,
    event,
    request,
    { minutes: 1 },
    { format: 'x' },
    {},
  ]);
  for (let change = random.integer(3); change > 0; change--) {
    const key = pick([
      ...Object.keys(body),
      'patch',
      'objects',
      'region',
      'undoes',
      'constructor',
      '__proto__',
    ]);
    Object.defineProperty(body, key, {
      value: pick(values),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  const bytes = Buffer.from(JSON.stringify(body));
  // Bytes that are not as they were.
  for (let flip = random.uniform() < 0.2 ? 1 + random.integer(5) : 0; flip > 0; flip--)
    bytes[random.integer(bytes.length)] = random.integer(256);
  return bytes;
}
