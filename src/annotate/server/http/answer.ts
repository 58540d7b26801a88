import type { ServerResponse } from 'node:http';

/** What every answer says: run nothing but this page's own files, show the page in no other, keep no copy. */
const headers = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
} as const;

/** What is sent back. */
export interface HttpAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = (value: unknown, more: Pick<HttpAnswer, 'status' | 'headers'> = {}): HttpAnswer => ({
  ...more,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

export function send(
  response: ServerResponse,
  { status = 200, type, body, headers: more }: HttpAnswer,
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': bytes.length, ...more });
  response.end(bytes);
}
