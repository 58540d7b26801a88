import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { maxBodyBytes } from '../../protocol/messages.js';
import { HttpError } from './gate.js';

/**
 * Reads the JSON of a request, and checks it.
 *
 * @throws {HttpError} 400 for what is not such JSON, 413 for too much of it, 415 for another type.
 */
export async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  // A form cannot have this type, and a script of another page may not without asking.
  if (request.headers['content-type'] !== 'application/json')
    throw new HttpError(415, 'The body is not of the type application/json.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(await textOf(request));
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, 'The body is not JSON.');
  }
  const { data, error } = schema.safeParse(parsed);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new HttpError(400, `The body is not as expected: ${issue!.path.join('.')}: ${issue!.message}.`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const tooLarge = () => new HttpError(413, `The body has more than ${maxBodyBytes / 2 ** 20} MB.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
