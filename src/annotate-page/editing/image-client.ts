/** The open image: what is done to it here, and its way to the server. */
import type { EventBody, EventDraft } from '../../annotate/protocol/event.js';
import type {
  Acknowledgement,
  Failure,
  ImageInfo,
  ProposeRequest,
} from '../../annotate/protocol/messages.js';
import type { Rect } from '../../data/geometry/rect.js';
import type { Answer, Api } from './api.js';
import { Editor } from './editor.js';
import { rebased } from './rebase.js';
import { imageKey, type Unsaved, type UnsavedEdits } from './unsaved.js';

/** ms until edits that could not be saved are sent again. */
const retryAfter = 3000;

/** Something that the person has to know. */
export interface Notice extends Failure {
  /** `blocked`: edits cannot be saved now. `lost`: something was not done, or taken back. */
  readonly kind: 'blocked' | 'lost';
}

interface Waiting extends Unsaved {
  /** Of the state after it. */
  readonly hash: string;
}

/** Called when something has changed. */
export interface Listener {
  /** The label map or nuclei: within a rectangle, or all (undefined). */
  changed(rect: Rect | undefined): void;
  /** The number of unsaved edits, or what keeps them from being saved. */
  saved(): void;
  notice(notice: Notice): void;
}

export class ImageClient {
  editor: Editor;
  /** Why edits cannot be saved now. */
  blocked: Notice | undefined;
  readonly #waiting: Waiting[] = [];
  #confirmed: number;
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    readonly info: ImageInfo,
    readonly api: Api,
    readonly unsaved: UnsavedEdits | undefined,
    readonly key: string,
    readonly listener: Listener,
    editor: Editor,
  ) {
    this.editor = editor;
    this.#confirmed = info.seq;
  }

  /** Opens an image, and does again what an earlier page could not save. */
  static async open(
    image: number,
    {
      api,
      unsaved,
      annotator,
      listener,
    }: {
      readonly api: Api;
      readonly unsaved: UnsavedEdits | undefined;
      readonly annotator: string;
      readonly listener: Listener;
    },
  ): Promise<Answer<ImageClient>> {
    const loaded = await load(image, api);
    if (!loaded.ok) return loaded;
    const { info, editor } = loaded.value;
    const key = imageKey(annotator, info.sha256);
    const client = new ImageClient(info, api, unsaved, key, listener, editor);
    await client.#resume();
    return { ok: true, value: client };
  }

  /** Number of edits that the server has not acknowledged. */
  get unsavedCount(): number {
    return this.#waiting.length;
  }

  /**
   * Does something now, and sends it.
   *
   * @param ms How long the person worked for it.
   * @param clicks That it took.
   * @returns Why it was refused, as a sentence; undefined if it was done.
   */
  do(body: EventBody, { ms, clicks }: { readonly ms: number; readonly clicks: number }): string | undefined {
    const refusal = this.editor.state.refusal(body);
    if (refusal !== undefined) return refusal;
    const kept = this.#apply({ uuid: crypto.randomUUID(), made: this.#nextTime(), body, ms, clicks });
    void this.#keepAndSend(kept);
    return undefined;
  }

  /** Sends again what could not be saved. */
  retry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.flush();
  }

  /** Sends everything. Resolves when all is saved, or when that is not possible now. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  /** Asks the model for nuclei. Resolves with how many there are. */
  async propose(region: Rect | undefined): Promise<Answer<number>> {
    await this.flush();
    const request: ProposeRequest = {
      uuid: crypto.randomUUID(),
      prev: this.#confirmed,
      session: this.api.session,
      ...(region && { region }),
    };
    const answer = await this.api.post<Acknowledgement>(`/api/images/${this.info.image}/propose`, request);
    if (!answer.ok && answer.status !== 412) return answer;
    if (answer.ok && answer.value.event && this.#waiting.length === 0) {
      const { event, seq, hash } = answer.value;
      if (this.editor.state.refusal(event) === undefined) {
        const { rect } = this.editor.apply(event, seq);
        this.#confirmed = seq;
        this.listener.changed(rect);
        if (this.editor.state.hash === hash) return { ok: true, value: event.objects?.length ?? 0 };
      }
    }
    const before = this.editor.state.objects.size;
    await this.#reload();
    if (!answer.ok) return answer;
    return { ok: true, value: Math.max(0, this.editor.state.objects.size - before) };
  }

  /** Stops to send. Edits stay in the browser. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #nextTime(): number {
    return Math.max(Date.now(), (this.#waiting.at(-1)?.made ?? 0) + 1);
  }

  #apply(edit: Pick<Unsaved, 'uuid' | 'made' | 'body' | 'ms' | 'clicks'>): Unsaved {
    const seq = this.editor.state.seq + 1;
    const { rect, back } = this.editor.apply(edit.body, seq);
    const kept: Unsaved = { ...edit, image: this.key, seq, back };
    this.#waiting.push({ ...kept, hash: this.editor.state.hash });
    this.listener.changed(rect);
    this.listener.saved();
    return kept;
  }

  async #keepAndSend(kept: Unsaved): Promise<void> {
    try {
      await this.unsaved?.keep(kept);
    } catch {
      // It is sent all the same; the page warns before it is left.
    }
    if (this.#timer === undefined) await this.flush();
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting[0]!;
      const answer = await this.#post(waiting, this.#confirmed);
      if (answer.ok) await this.#acknowledged(waiting, answer.value);
      else if (answer.status === 412) await this.#reload();
      else if (answer.status === 409 || answer.status === 400 || answer.status === 413) {
        await this.#drop(this.#waiting.length);
        this.listener.notice({ ...answer.failure, kind: 'lost' });
        await this.#reload();
      } else {
        this.#block({ ...answer.failure, kind: 'blocked' });
        return;
      }
    }
  }

  #post({ uuid, body, ms, clicks }: Unsaved, prev: number): Promise<Answer<Acknowledgement>> {
    const draft: EventDraft = { ...body, uuid, prev, session: this.api.session, ms, clicks };
    return this.api.post<Acknowledgement>(`/api/images/${this.info.image}/events`, draft);
  }

  async #acknowledged(waiting: Waiting, { seq, hash }: Acknowledgement): Promise<void> {
    this.#waiting.shift();
    this.#confirmed = seq;
    this.blocked = undefined;
    this.listener.saved();
    await this.#forget(waiting.uuid);
    if (hash === waiting.hash && seq === waiting.seq) return;
    this.listener.notice({
      kind: 'lost',
      error: 'The page and the server did not agree about this image. It was loaded again.',
      hint: 'Look at your last edits.',
    });
    await this.#reload();
  }

  #block(notice: Notice): void {
    this.blocked = notice;
    this.listener.saved();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), retryAfter);
  }

  async #drop(count: number): Promise<void> {
    for (const { uuid } of this.#waiting.splice(0, count)) await this.#forget(uuid);
    this.listener.saved();
  }

  /** Loads the image again and does what is unsaved on it again; tells what no longer fits. */
  async #reload(): Promise<void> {
    const loaded = await load(this.info.image, this.api);
    if (!loaded.ok) return this.#block({ ...loaded.failure, kind: 'blocked' });
    const { info, editor } = loaded.value;
    this.editor = editor;
    this.#confirmed = info.seq;
    const again = this.#waiting.splice(0);
    const numbers = { ids: new Map<number, number>(), seqs: new Map<number, number>() };
    const lost: Waiting[] = [];
    for (const waiting of again) {
      const body = rebased(editor.state, waiting, numbers);
      if (!body) {
        lost.push(waiting);
        continue;
      }
      numbers.seqs.set(waiting.seq, editor.state.seq + 1);
      await this.unsaved?.keep(this.#apply({ ...waiting, body })).catch(() => undefined);
    }
    for (const { uuid } of lost) await this.#forget(uuid);
    this.listener.changed(undefined);
    this.listener.saved();
    if (lost.length > 0) this.listener.notice(conflict(lost.length));
  }

  /** Sends what an earlier page has left; what the server has already is not done twice. */
  async #resume(): Promise<void> {
    const left = (await this.unsaved?.of(this.key).catch(() => [])) ?? [];
    if (left.length === 0) return;
    for (const [index, kept] of left.entries()) {
      // After the same event as before: if others have written since, the server says so.
      const answer = await this.#post(kept, kept.seq - 1);
      if (!answer.ok) {
        this.#waiting.push(...left.slice(index).map((waiting) => ({ ...waiting, hash: '' })));
        break;
      }
      await this.#forget(kept.uuid);
    }
    await this.#reload();
    void this.flush();
  }

  async #forget(uuid: string): Promise<void> {
    await this.unsaved?.forget(uuid).catch(() => undefined);
  }
}

const conflict = (count: number): Notice => ({
  kind: 'lost',
  error: `${count === 1 ? 'One edit was' : `${count} edits were`} taken back: the same nuclei were changed in another tab.`,
  hint: 'Look at them, and do it again where it is needed.',
});

/** Labels and objects of the same moment. */
async function load(
  image: number,
  api: Api,
): Promise<Answer<{ readonly info: ImageInfo; readonly editor: Editor }>> {
  for (;;) {
    const info = await api.get<ImageInfo>(`/api/images/${image}`);
    if (!info.ok) return info;
    const labels = await api.raw(`/api/images/${image}/labels`);
    if (!labels.ok) return labels;
    // Another tab may have written between the two.
    if (labels.value.seq !== info.value.seq) continue;
    const parts = { ...info.value, labels: new Uint32Array(labels.value.bytes) };
    return { ok: true, value: { info: info.value, editor: Editor.of(parts) } };
  }
}
