/** Requests to the server of the page. */
import { type Failure, seqHeader, sessionHeader } from '../../annotate/protocol/messages.js';

/** What the server answered. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** Of HTTP; 0 if the server was not reached. */
      readonly status: number;
      readonly failure: Failure;
      /** The whole answer. */
      readonly body: unknown;
    };

const unreachable: Failure = {
  error: 'The server does not answer.',
  hint: 'Is `nucleate annotate` still running? Edits stay in this browser until it is.',
};

export class Api {
  /**
   * @param token From the fragment of the page's address.
   * @param session Of this tab: a UUID.
   */
  constructor(
    readonly token: string,
    readonly session: string,
  ) {}

  get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    return this.#ask<T>(path, { method: 'GET', ...(signal && { signal }) });
  }

  post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer<T>> {
    return this.#ask<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  /** Raw values, and the number of the last event that they contain. */
  async raw(path: string): Promise<Answer<{ readonly bytes: ArrayBuffer; readonly seq: number }>> {
    return this.#read(path, { method: 'GET' }, async (response) => ({
      bytes: await response.arrayBuffer(),
      seq: Number(response.headers.get(seqHeader)),
    }));
  }

  #ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    return this.#read(path, init, (response) => response.json() as Promise<T>);
  }

  async #read<T>(
    path: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
  ): Promise<Answer<T>> {
    try {
      const headers = {
        ...(init.headers as Record<string, string> | undefined),
        authorization: `Bearer ${this.token}`,
        [sessionHeader]: this.session,
      };
      const response = await fetch(path, { ...init, headers, cache: 'no-store' });
      if (response.ok) return { ok: true, value: await read(response) };
      const body: unknown = await response.json().catch(() => ({}));
      const told = body as Partial<Failure>;
      const failure = { error: told.error ?? `The server answered ${response.status}.`, hint: told.hint };
      return { ok: false, status: response.status, failure, body };
    } catch (error) {
      if (init.signal?.aborted) throw error;
      return { ok: false, status: 0, failure: unreachable, body: undefined };
    }
  }
}
