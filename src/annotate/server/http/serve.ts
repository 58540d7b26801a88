import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exitCodes, NucleateError } from '../../../errors.js';
import type { AnnotationService } from '../service.js';
import { type HttpAnswer, send } from './answer.js';
import { HttpError, hostsOf, requireOwnPage, requireToken } from './gate.js';
import { answerRequest, failureAnswer } from './routes.js';

export interface ServeOptions {
  /** 0 takes any that is free. */
  readonly port: number;
  /** See `readPageFiles`. */
  readonly page: ReadonlyMap<string, HttpAnswer>;
  /** Called with errors that nobody expected. */
  readonly onError: (error: unknown) => void;
}

/** A server that answers. */
export interface RunningServer {
  /** With the token: whoever has it can do everything that the page can. */
  readonly link: string;
  readonly port: number;
  readonly token: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Only programs on this machine reach it. */
const loopback = '127.0.0.1';

/** Time for a request to arrive, ms: 8 MB at 1 Mbit/s, through a slow tunnel. */
const requestMs = 64_000;

/**
 * Serves the page to this machine.
 *
 * @throws {NucleateError} Exit code 2 if the port is taken or not allowed.
 */
export async function serve(
  service: AnnotationService,
  { port: asked, page, onError }: ServeOptions,
): Promise<RunningServer> {
  const token = randomBytes(16).toString('base64url');
  let hosts: readonly string[] = [];
  const answer = async (request: IncomingMessage): Promise<HttpAnswer> => {
    requireOwnPage(request, hosts);
    const file = request.method === 'GET' ? page.get(request.url!) : undefined;
    if (file) return file;
    if (!request.url!.startsWith('/api/')) throw new HttpError(404, 'There is no such address.');
    requireToken(request, token);
    return answerRequest(service, request);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      send(response, await answer(request));
    } catch (error) {
      if (!(error instanceof HttpError) && !isExpected(error)) onError(error);
      // What is left of a body that nobody wants is not waited for.
      if (!request.complete) response.setHeader('connection', 'close');
      send(response, failureAnswer(error));
    }
  };
  const server = createServer({ requestTimeout: requestMs, headersTimeout: 10_000 }, (request, response) => {
    void handle(request, response);
  });
  // A page that wants another protocol gets nothing.
  server.on('upgrade', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  await listen(server, asked);
  const { port } = server.address() as AddressInfo;
  hosts = hostsOf(port);
  return {
    ...{ port, token, link: `http://${hosts[0]!}/#${token}` },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Errors that a person can do something about. */
const isExpected = (error: unknown) =>
  error instanceof NucleateError && error.exitCode !== exitCodes.internal;

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const what = isTaken
        ? `The port ${port} is taken.`
        : `The port ${port} cannot be used: ${cause.message}.`;
      const hint = isTaken
        ? 'Another `nucleate annotate` may be running; else choose a port: --port N.'
        : 'Choose another one: --port N, from 1024.';
      reject(new NucleateError({ what, hint, exitCode: exitCodes.usage }, { cause }));
    });
    server.listen(port, loopback, () => resolve());
  });
}
