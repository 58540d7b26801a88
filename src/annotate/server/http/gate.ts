/**
 * Who may ask: only the page that this server has sent, opened by the person who has its address. Every page that a browser
 * shows can send requests to this machine, and a name that leads here can be anybody's (DNS rebinding), so that nothing is
 * done before Host and Origin are those of this server, letter by letter.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A status that is not 200, and a sentence for the person. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, what: string, hint?: string) {
    super(what);
    this.status = status;
    this.hint = hint;
  }
}

/** The names under which a server on this port may be asked. */
export const hostsOf = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`];

/**
 * Rejects a request that is not from the page.
 *
 * @throws {HttpError} 400, 403 or 405.
 */
export function requireOwnPage(request: IncomingMessage, hosts: readonly string[]): void {
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  // Node passes over a second Host; another program on the way might take it.
  const hostLines = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (hostLines.length !== 1 || !hosts.includes(host))
    throw new HttpError(403, 'The request is for another host.', `Open the page at http://${hosts[0]!}/.`);
  if (origin !== undefined && origin !== `http://${host}`)
    throw new HttpError(403, 'The request comes from another page.');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new HttpError(403, 'The request comes from another page.');
  if (request.method !== 'GET' && request.method !== 'POST')
    throw new HttpError(405, 'Only GET and POST are answered.');
  // An address with a scheme and a host of its own, as proxies get them.
  if (!request.url?.startsWith('/')) throw new HttpError(400, 'The address is not a path.');
}

/** @throws {HttpError} 401 unless the request has the token. */
export function requireToken({ headers }: IncomingMessage, token: string): void {
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new HttpError(
    401,
    'The page does not have the token of this server.',
    'Open the link that nucleate has printed.',
  );
}
