import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { maxBodyBytes } from '../../../src/annotate/protocol/messages.js';
import { scratchFolder } from '../../run/scratch.js';
import { fuzzServer } from './fuzz-server.js';
import { event, send, square, startServer, usualOptions, writeImages } from './laboratory.js';

/** What every file below a folder holds, by its path. */
function contentOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    files.flatMap((name) => {
      const file = path.join(folder, name);
      if (!statSync(file).isFile()) return [];
      return [[name, createHash('sha256').update(readFileSync(file)).digest('hex')] as const];
    }),
  );
}

const begin = async () => {
  const folder = await writeImages(['a.png', 'b.png']);
  const server = await startServer(usualOptions(folder));
  const before = contentOf(folder);
  return { ...server, folder, unchanged: () => expect(contentOf(folder)).toEqual(before) };
};

describe('another page or program', () => {
  test('with another Host gets nothing, whatever the method and the address', async () => {
    const { client, unchanged } = await begin();
    const { port } = client;
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      'localhost',
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1:${port}.evil.example`,
      `localhost.evil.example:${port}`,
      `evil-localhost:${port}`,
      `LOCALHOST:${port}`,
      `0.0.0.0:${port}`,
      `[::1]:${port}`,
      `127.0.0.1:${port}@evil.example`,
      `127.0.0.1:${port}, evil.example`,
      ` 127.0.0.2:${port}`,
    ];
    for (const host of hosts) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']) {
        for (const place of ['/', '/page.js', '/api/session', '/api/images/0/events', '/none']) {
          const answer = await send(port, { method, path: place, headers: { ...client.headers, host } });
          expect([answer.status, host, method, place]).toEqual([403, host, method, place]);
          expect(answer.body.toString()).not.toMatch(/<p>|annotator/u);
        }
      }
    }
    unchanged();
  });

  test('with a second Host gets nothing', async () => {
    const { client } = await begin();
    const answered = new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(client.port, '127.0.0.1');
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${client.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      );
    });
    expect(await answered).toMatch(/^HTTP\/1\.1 4\d\d /u);
  });

  test.each([
    'http://evil.example',
    'null',
    'https://127.0.0.1',
    'http://127.0.0.1',
    'http://localhost.evil.example',
  ])('from %s gets nothing, though it has the token', async (origin) => {
    const { client, unchanged } = await begin();
    for (const [method, place] of [
      ['GET', '/api/session'],
      ['POST', '/api/images/0/events'],
    ] as const) {
      const headers = { ...client.headers, origin, 'content-type': 'application/json' };
      const body = method === 'POST' ? JSON.stringify(square(1, [0, 0, 2, 2], 0)) : '';
      const answer = await send(client.port, { method, path: place, headers, body });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    unchanged();
  });

  test('that a browser calls cross-site gets nothing, not even the page', async () => {
    const { client } = await begin();
    for (const site of ['cross-site', 'same-site', 'anything']) {
      const answer = await send(client.port, { headers: { ...client.headers, 'sec-fetch-site': site } });
      expect(answer.status).toBe(403);
    }
    for (const site of ['same-origin', 'none']) {
      const answer = await send(client.port, { headers: { ...client.headers, 'sec-fetch-site': site } });
      expect(answer.status).toBe(200);
    }
  });

  test('without the token gets the page, and no more', async () => {
    const { client, unchanged } = await begin();
    const { port, token } = client;
    const host = `127.0.0.1:${port}`;
    const wrong = [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token.slice(1)}`,
      `Bearer ${token}x`,
      token,
      `Basic ${token}`,
    ];
    for (const authorization of wrong) {
      for (const place of [
        '/api/session',
        '/api/queue',
        '/api/images/0',
        '/api/images/0/labels',
        '/api/none',
      ])
        expect((await send(port, { path: place, headers: { host, authorization } })).status).toBe(401);
      const headers = { host, authorization, 'content-type': 'application/json' };
      const body = JSON.stringify(square(1, [0, 0, 2, 2], 0));
      const posted = await send(port, { method: 'POST', path: '/api/images/0/events', headers, body });
      expect(posted.status).toBe(401);
    }
    expect((await send(port, { headers: { host } })).status).toBe(200);
    // Not by an address either, where it would be written to histories and logs.
    expect((await send(port, { path: `/api/session?token=${token}`, headers: { host } })).status).toBe(401);
    unchanged();
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json; x=y',
    '',
  ])('posting %s, as a form can, changes nothing', async (type) => {
    const { client, unchanged } = await begin();
    const headers = { ...client.headers, ...(type !== '' && { 'content-type': type }) };
    const body = JSON.stringify(square(1, [0, 0, 2, 2], 0));
    const answer = await send(client.port, { method: 'POST', path: '/api/images/0/events', headers, body });
    expect(answer.status).toBe(415);
    unchanged();
  });

  test('upgrading to another protocol is cut off', async () => {
    const { client } = await begin();
    const headers = {
      ...client.headers,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x',
    };
    await expect(send(client.port, { path: '/api/session', headers })).rejects.toThrow(
      /socket hang up|ECONNRESET/u,
    );
  });

  test('on another machine does not reach it', async () => {
    const { client } = await begin();
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    const reached = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(client.port, host);
        socket.on('connect', () => (socket.destroy(), resolve(true)));
        socket.on('error', () => resolve(false));
      });
    expect(await reached('127.0.0.1')).toBe(true);
    // Another address of this machine; the server listens to one alone.
    for (const host of ['127.0.0.2', ...others.map(({ address }) => address)])
      expect(await reached(host)).toBe(false);
  });

  test('every answer forbids foreign sources and frames', async () => {
    const { client } = await begin();
    for (const place of ['/', '/api/session', '/api/images/0/pixels?channel=0', '/none']) {
      const { headers } = await send(client.port, { path: place, headers: client.headers });
      expect(headers['content-security-policy']).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/u);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|http/u);
      expect(headers).toMatchObject({
        ...{
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        },
        ...{ 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin' },
      });
      expect(headers['set-cookie']).toBeUndefined();
    }
  });
});

describe('an address', () => {
  test('leads to no file, in whatever spelling', async () => {
    const { client, unchanged, folder } = await begin();
    writeFileSync(path.join(path.dirname(folder), 'secret'), 'SECRET');
    const up = [
      '..',
      '%2e%2e',
      '%2E%2e',
      '.%2e',
      '%252e%252e',
      '..%00',
      '%c0%ae%c0%ae',
      '．．',
      '....//',
      '..;',
    ];
    const slashes = ['/', '%2f', '%2F', '\\', '%5c', '%252f', '//', '/./', '%c0%af'];
    const places = up.flatMap((dots) =>
      slashes.flatMap((slash) => [
        `/${dots}${slash}secret`,
        `/${dots}${slash}${dots}${slash}secret`,
        `/page.js${slash}${dots}${slash}${dots}${slash}secret`,
        `/api/images/${dots}${slash}secret`,
        `/api/images/0/${dots}${slash}${dots}${slash}secret`,
        `/api/images/0/pixels?channel=${dots}${slash}secret`,
      ]),
    );
    const others = [
      '/etc/passwd',
      '//etc/passwd',
      '/file:///etc/passwd',
      '/api/images/a.png',
      '/api/images/00',
      '/api/images/01',
      '/api/images/-1',
      '/api/images/+1',
      '/api/images/1e0',
      '/api/images/0x0',
      '/api/images/0.0',
      '/api/images/2',
      '/api/images/99999999999999999999',
      '/api/images/__proto__',
      '/api/images/constructor',
      '/api/images/N',
      '/api/images/N/labels',
      '/api/images/0/',
      '/api/images/0/labels/',
      '/api/images/0/labels?x',
      '/api/images/0//labels',
      '/api/images/0/pixels',
      '/api/images/0/pixels?channel=',
      '/api/images/0/pixels?channel=K',
      '/api/images/0/pixels?channel=3',
      '/api/images/0/pixels?channel=0&channel=1',
      '/api/images/0/pixels?channel=0#',
      '/api/session?',
      '/api/session??',
      '/api/session?raw??',
      '/API/session',
      '/api//session',
      '/api/session/',
      '/constructor',
      '/__proto__',
      '/index.html?import',
      '/@fs/etc/passwd',
      '/api/images/0/events',
      '/toString',
      '/%00',
      '/\u00e9'.normalize('NFD').replace(/[^\x20-\x7e]/gu, '%cc%81'),
    ];
    for (const place of [...places, ...others]) {
      const answer = await send(client.port, {
        path: encodeURI(place).replaceAll('%25', '%'),
        headers: client.headers,
      });
      expect([answer.status, place]).toEqual([404, place]);
      expect(answer.body.toString()).not.toMatch(/SECRET|root:/u);
    }
    const proxied = await send(client.port, {
      path: `http://127.0.0.1:${client.port}/api/session`,
      headers: client.headers,
    });
    expect(proxied.status).toBe(400);
    unchanged();
  });

  test('of a channel that the image lacks is refused', async () => {
    const { client } = await begin();
    expect((await client.ask('/api/images/0/pixels?channel=2')).status).toBe(409);
  });
});

describe('a body', () => {
  test('of more than 8 MB is not read', async () => {
    const { client, unchanged } = await begin();
    const headers = { ...client.headers, 'content-type': 'application/json' };
    const large = Buffer.alloc(maxBodyBytes + 1, 0x20);
    const told = await send(client.port, {
      method: 'POST',
      path: '/api/images/0/events',
      headers,
      body: large,
    }).catch((error: NodeJS.ErrnoException) => error.code);
    // The server may close before all is sent.
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(typeof told === 'object' ? told.status : told);
    const chunked = await send(client.port, {
      ...{ method: 'POST', path: '/api/images/0/events', body: large },
      headers: { ...headers, 'transfer-encoding': 'chunked' },
    }).catch((error: NodeJS.ErrnoException) => error.code);
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(typeof chunked === 'object' ? chunked.status : chunked);
    expect((await client.ask('/api/session')).status).toBe(200);
    unchanged();
  });

  const good = square(1, [0, 0, 2, 2], 0);
  test.each<[string, string, number]>([
    ['that is no JSON', '{', 400],
    ['that is no UTF-8', '\xff\xfe', 400],
    ['that is empty', '', 400],
    ['that is null', 'null', 400],
    ['that is a list', '[]', 400],
    ['nested deeply', '['.repeat(100_000), 400],
    ['with an unknown key', JSON.stringify({ ...good, path: '/etc/passwd' }), 400],
    ['with __proto__', JSON.stringify(good).replace('{', '{"__proto__":{"op":"skip"},'), 400],
    ['with another operation', JSON.stringify({ ...good, op: 'run' }), 400],
    ['with a path as its name', JSON.stringify({ ...good, uuid: '../../x' }), 400],
    ['with a patch outside the image', JSON.stringify({ ...good, patch: { ...good.patch, x: 39 } }), 409],
    [
      'with runs that are too long',
      JSON.stringify({ ...good, patch: { ...good.patch, runs: [1, 2 ** 40] } }),
      409,
    ],
    ['with a negative run', JSON.stringify({ ...good, patch: { ...good.patch, runs: [1, 5, 0, -1] } }), 409],
    ['with half a label', JSON.stringify({ ...good, patch: { ...good.patch, runs: [0.5, 4] } }), 400],
    [
      'with a rectangle of 2^40 px',
      JSON.stringify({ ...good, patch: { x: 0, y: 0, width: 2 ** 20, height: 2 ** 20, runs: [1, 2 ** 40] } }),
      409,
    ],
    ['that proposes', JSON.stringify({ ...good, op: 'propose' }), 409],
    ['that imports', JSON.stringify({ ...good, op: 'import' }), 409],
  ])('%s is refused, and nothing is written', async (_, body, status) => {
    const { client, errors, unchanged } = await begin();
    const headers = { ...client.headers, 'content-type': 'application/json' };
    const latin = Buffer.from(body, body.startsWith('\xff') ? 'latin1' : 'utf8');
    const answer = await send(client.port, {
      method: 'POST',
      path: '/api/images/0/events',
      headers,
      body: latin,
    });
    expect([answer.status, answer.body.toString()]).toEqual([status, expect.stringMatching(/^\{"error":"/u)]);
    expect(errors).toEqual([]);
    unchanged();
  });
});

test('hostile names of files are text, and are kept apart', async () => {
  const names = [
    '<img src=x onerror=alert(1)>.png',
    'a"b\'c.png',
    '&amp;.png',
    '%2e%2e.png',
    'line\nbreak.png',
    '__proto__.png',
    '${process.exit()}.png',
    'sub/x..png',
    'Ünï🧬.png',
    ' leading.png',
    '-rf.png',
    `${'n'.repeat(200)}.png`,
  ];
  const folder = await writeImages(names);
  const { client, service, errors } = await startServer(usualOptions(folder));
  const listed = Array.from({ length: service.images }, (_, index) => index);
  expect(listed).toHaveLength(names.length);
  const seen = new Set<string>();
  for (const index of listed) {
    const { status, value } = await client.ask(`/api/images/${index}`);
    expect(status).toBe(200);
    const { name } = value as { name: string };
    seen.add(name);
    expect((await client.ask(`/api/images/${index}/events`, square(1, [0, 0, 2, 2], 0))).status).toBe(200);
    expect(statSync(path.join(folder, 'annotations/ann', `${name}.jsonl`)).isFile()).toBe(true);
  }
  expect([...seen].sort()).toEqual([...names].sort());
  expect(errors).toEqual([]);
});

test('links in the folder lead nowhere', async () => {
  const elsewhere = await writeImages(['secret.png', 'other.png']);
  const folder = await writeImages(['a.png']);
  symlinkSync(path.join(elsewhere, 'secret.png'), path.join(folder, 'linked.png'));
  symlinkSync(elsewhere, path.join(folder, 'linked'));
  const notices: string[] = [];
  const options = { ...usualOptions(folder), onNotice: (notice: string) => notices.push(notice) };
  const { client } = await startServer(options);
  const { value } = await client.ask('/api/queue');
  expect((value as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual(['a.png']);
  expect(notices).toHaveLength(2);
});

test('a folder of annotations that is a link is refused', async () => {
  const [folder, elsewhere] = [await writeImages(['a.png']), scratchFolder()];
  mkdirSync(path.join(folder, 'annotations'));
  symlinkSync(elsewhere, path.join(folder, 'annotations/ann'));
  await expect(startServer(usualOptions(folder))).rejects.toThrow('The folder of the annotations is a link.');
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('read-only: everything is shown, and nothing is changed', async () => {
  const folder = await writeImages(['a.png']);
  const { client, close } = await startServer(usualOptions(folder));
  await client.ask('/api/images/0/events', square(1, [0, 0, 2, 2], 0));
  await close();
  const before = contentOf(folder);
  const looking = await startServer({ ...usualOptions(folder), readOnly: true });
  // Beside one that writes, too.
  await startServer(usualOptions(folder));
  expect((await looking.client.ask('/api/images/0')).value).toMatchObject({ seq: 1, objects: [{ id: 1 }] });
  for (const [place, body] of [
    ['/api/images/0/events', event('skip', 1, { reason: 'no' })],
    ['/api/images/0/propose', { uuid: randomUUID(), prev: 1, session: randomUUID() }],
    ['/api/train', { minutes: 1 }],
    ['/api/train/stop', {}],
    ['/api/export', { format: 'geojson' }],
  ] as const)
    expect(await looking.client.ask(place, body)).toMatchObject({
      status: 403,
      value: { error: /read-only/u },
    });
  await looking.close();
  const after = new Map([...contentOf(folder)].filter(([name]) => !name.includes('run.lock')));
  expect(after).toEqual(new Map([...before].filter(([name]) => !name.includes('run.lock'))));
});

test('only one server writes under a name', async () => {
  const folder = await writeImages(['a.png']);
  await startServer(usualOptions(folder));
  await expect(startServer(usualOptions(folder))).rejects.toThrow(/is annotating these images as ann/u);
  await startServer({ ...usualOptions(folder), annotator: 'other' });
});

test.each(['', '..', '.', 'a/b', 'a\\b', '../x', 'a.b', 'a b', '-a', '\0', 'x'.repeat(41)])(
  'nobody is called %j',
  async (annotator) => {
    const folder = await writeImages(['a.png']);
    await expect(startServer({ ...usualOptions(folder), annotator })).rejects.toThrow(/cannot be the name/u);
    expect(readdirSync(folder)).toEqual(['a.png']);
  },
);

// test/slow sends ten thousand.
test('500 random requests change nothing, and find no bug', async () => {
  await fuzzServer({ requests: 500, seed: 1 });
});

test('the port of another program is told', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { serve } = await import('../../../src/annotate/server/http/serve.js');
  const { service } = await begin();
  const rejected = serve(service, { port, page: new Map(), onError: () => {} });
  await expect(rejected).rejects.toThrow(`The port ${port} is taken.`);
  other.close();
});
