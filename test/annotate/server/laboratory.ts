/** A folder of images, and a server of its own process or of this one to annotate them. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { EventDraft } from '../../../src/annotate/protocol/event.js';
import { serve } from '../../../src/annotate/server/http/serve.js';
import { AnnotationService, type ServiceOptions } from '../../../src/annotate/server/service.js';
import { writeImage } from '../../../src/data/image/image-io.js';
import { NucleateError } from '../../../src/errors.js';
import { randomFor } from '../../../src/random.js';
import { scratchFolder } from '../../run/scratch.js';

/** Writes grey images of noise without masks. */
export async function writeImages(
  names: readonly string[],
  folder = path.join(scratchFolder(), 'images'),
  { width = 40, height = 30 } = {},
): Promise<string> {
  for (const name of names) {
    const random = randomFor(1, name);
    const data = Uint8Array.from({ length: width * height }, () => random.integer(200));
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    await writeImage(file, { width, height, channels: 1, data });
  }
  return folder;
}

export const usualOptions = (folder: string): ServiceOptions => ({
  ...{ folder, annotator: 'ann', readOnly: false, planes: {}, onNotice: () => {} },
  ...{ strategy: 'random', regionSide: null, seed: 1, version: '0' },
});

/** The page of these tests. */
const page = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: '<p>page' }],
  ['/page.js', { type: 'text/javascript; charset=utf-8', body: '' }],
]);

export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** A list keeps repeated ones. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Sends a request as it is: `fetch` would put its own Host in. */
export const send = (port: number, { method = 'GET', path: place = '/', headers = {}, body }: RawRequest) =>
  new Promise<RawAnswer>((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path: place, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

/** Asks as the page does. */
export class Client {
  constructor(
    readonly port: number,
    readonly token: string,
  ) {}

  get headers(): Record<string, string> {
    return { host: `127.0.0.1:${this.port}`, authorization: `Bearer ${this.token}` };
  }

  async ask(place: string, body?: unknown): Promise<{ readonly status: number; readonly value: never }> {
    const answer = await send(this.port, {
      path: place,
      headers: { ...this.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: answer.status, value: JSON.parse(answer.body.toString()) as never };
  }
}

/** Serves a folder from this process. */
export async function startServer(options: ServiceOptions) {
  const service = await AnnotationService.open(options);
  const errors: unknown[] = [];
  const server = await serve(service, { port: 0, page, onError: (error) => errors.push(error) });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await server.close();
    await service.close();
  };
  onTestFinished(close);
  return { service, client: new Client(server.port, server.token), server, errors, close };
}

/** A new nucleus of w x h px, drawn with the brush. */
export const square = (
  id: number,
  [x, y, width, height]: readonly [number, number, number, number],
  prev: number,
): EventDraft => ({
  ...{ uuid: randomUUID(), prev, session: randomUUID(), ms: 1000, op: 'brush', source: 'manual' },
  patch: { x, y, width, height, runs: [id, width * height] },
  objects: [{ id, state: 'accepted', source: 'manual' }],
});

/** Any other event. */
export const event = (op: EventDraft['op'], prev: number, more: Partial<EventDraft> = {}): EventDraft => ({
  ...{ uuid: randomUUID(), prev, session: randomUUID(), ms: 500, op, source: 'manual' },
  ...more,
});

/** What `work` throws: a NucleateError with this exit code. */
export function thrownBy(work: () => unknown, exitCode: number): NucleateError {
  try {
    work();
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    expect(error.exitCode).toBe(exitCode);
    return error;
  }
  return expect.fail('Expected an error');
}

/** The same of a promise. */
export async function rejectionOf(promise: Promise<unknown>, exitCode: number): Promise<NucleateError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrownBy(() => {
    if (error !== undefined) throw error as Error;
  }, exitCode);
}
