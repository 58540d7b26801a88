/** What the page can ask for. Images have numbers, and nothing of an address is ever a part of a path. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { z } from 'zod';
import { exitCodes, NucleateError } from '../../../errors.js';
import { EventDraftSchema, ProposeRequestSchema, MaskRequestSchema } from '../../protocol/event-schema.js';
import {
  seqHeader,
  type Acknowledgement,
  type SessionInfo,
  type StaleAnswer,
  type ExportRequest,
  type TrainingRequest,
} from '../../protocol/messages.js';
import type { EventOutcome } from '../annotation.js';
import type { AnnotationService } from '../service.js';
import { json, type HttpAnswer } from './answer.js';
import { readBody } from './body.js';
import { HttpError } from './gate.js';

type Handler = (service: AnnotationService, asked: Asked) => HttpAnswer | Promise<HttpAnswer>;

/** What a request names. */
interface Asked {
  readonly request: IncomingMessage;
  /** Index of the image; 0 where the address has none. */
  readonly image: number;
  /** Index of the channel. */
  readonly channel: number;
}

/** By method and address; `N` and `K` are numbers. */
const routes: Readonly<Record<string, Handler>> = {
  'GET /api/session': (service) => json(service.session satisfies SessionInfo),
  'GET /api/queue': (service) => json(service.queue.list()),
  'GET /api/images/N': async (service, { image }) => json(await service.describe(image)),
  'GET /api/images/N/pixels?channel=K': async (service, { image, channel }) => {
    const body = await service.channel(image, channel);
    return { type: 'application/octet-stream', body };
  },
  'GET /api/images/N/labels': async (service, { image }) => {
    const { seq, bytes } = await service.labels(image);
    const headers = { 'content-encoding': 'gzip', [seqHeader]: String(seq) };
    return { type: 'application/octet-stream', body: await compress(bytes, { level: 1 }), headers };
  },
  'POST /api/images/N/events': async (service, { image, request }) => {
    requireWriting(service);
    const draft = await readBody(request, EventDraftSchema);
    return answerOf(service, image, await service.submit(image, draft), false);
  },
  'POST /api/images/N/segment': async (service, { image, request }) =>
    json(await service.segment(image, await readBody(request, MaskRequestSchema))),
  'POST /api/images/N/propose': async (service, { image, request }) => {
    requireWriting(service);
    const outcome = await service.propose(image, await readBody(request, ProposeRequestSchema));
    return answerOf(service, image, outcome, true);
  },
  'GET /api/train': (service) => json(service.trainer.status),
  'POST /api/train': async (service, { request }) => {
    requireWriting(service);
    return json(await service.train(await readBody(request, TrainRequestSchema)));
  },
  'POST /api/train/stop': async (service, { request }) => {
    requireWriting(service);
    await readBody(request, z.strictObject({}));
    service.trainer.stop();
    return json(service.trainer.status);
  },
  'POST /api/export': async (service, { request }) => {
    requireWriting(service);
    return json(await service.export((await readBody(request, ExportRequestSchema)).format));
  },
};

const compress = promisify(gzip);

/** Minutes: a day at most, so that nobody waits for a slip of the finger. */
const TrainRequestSchema: z.ZodType<TrainingRequest> = z.strictObject({
  minutes: z.number().min(0.1).max(1440),
});

const ExportRequestSchema: z.ZodType<ExportRequest> = z.strictObject({ format: z.string().max(40) });

/** All letters that addresses of this server have. */
const plain = /^[a-z\d/?=]+$/u;

/** A number in an address, without zeros before it; and the only question that an address may have. */
const numbered = /\/(0|[1-9]\d{0,6})(?=\/|$)/u;
const questioned = /\?channel=([0-2])$/u;

/**
 * Answers a request of the page.
 *
 * @throws {HttpError} 404 for what does not exist.
 * @throws {NucleateError} Of what was asked for.
 */
export async function answerRequest(
  service: AnnotationService,
  request: IncomingMessage,
): Promise<HttpAnswer> {
  const address = request.url!;
  const image = numbered.exec(address)?.[1];
  const channel = questioned.exec(address)?.[1];
  const pattern = address.replace(numbered, '/N').replace(questioned, '?channel=K');
  const key = `${request.method!} ${pattern}`;
  const handler = plain.test(address) && Object.hasOwn(routes, key) ? routes[key] : undefined;
  if (!handler) throw new HttpError(404, 'There is no such address.');
  if (image !== undefined && Number(image) >= service.images)
    throw new HttpError(404, 'There is no such image.');
  return handler(service, { request, image: Number(image ?? 0), channel: Number(channel ?? 0) });
}

function requireWriting({ session }: AnnotationService): void {
  if (!session.readOnly) return;
  throw new HttpError(403, 'This server shows annotations and changes nothing (--read-only).');
}

/** @param withEvent Whether the page does not know the event. */
async function answerOf(
  service: AnnotationService,
  image: number,
  outcome: EventOutcome | 'nothing',
  withEvent: boolean,
): Promise<HttpAnswer> {
  if (outcome === 'nothing') return json((await service.place(image)) satisfies Acknowledgement);
  if (outcome.kind === 'refused') throw new HttpError(409, outcome.why);
  if (outcome.kind === 'done') {
    const { event, hash } = outcome;
    const headers = { [seqHeader]: String(event.seq) };
    return json({ seq: event.seq, hash, ...(withEvent && { event }) } satisfies Acknowledgement, { headers });
  }
  const stale: StaleAnswer = {
    error: 'Something else was done to this image in the meantime.',
    ...(await service.place(image)),
    missing: outcome.missing,
  };
  return json(stale, { status: 412 });
}

/** What went wrong, for the page. Bugs are told by the caller of this. */
export function failureAnswer(error: unknown): HttpAnswer {
  if (error instanceof HttpError)
    return json({ error: error.message, hint: error.hint }, { status: error.status });
  if (error instanceof NucleateError) {
    const status = statuses.get(error.exitCode) ?? 500;
    return json({ error: error.message, hint: error.hint }, { status });
  }
  return json({ error: 'Something is wrong in nucleate; the terminal says what.' }, { status: 500 });
}

/** 507: nothing was kept. */
const statuses = new Map<number, number>([
  [exitCodes.io, 507],
  [exitCodes.data, 422],
  [exitCodes.usage, 409],
  [exitCodes.locked, 409],
  [exitCodes.memory, 503],
]);
