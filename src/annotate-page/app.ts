/** The state of the page and everything that a person can do on it. */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { EventBody } from '../annotate/protocol/event.js';
import type {
  ExportAnswer,
  Failure,
  Queue,
  QueueItem,
  SessionInfo,
  TrainStatus,
} from '../annotate/protocol/messages.js';
import type { Rect } from '../data/geometry/rect.js';
import { Effort } from './editing/effort.js';
import type { Api } from './editing/api.js';
import { ImageClient, type Notice } from './editing/image-client.js';
import * as operations from './editing/operations.js';
import type { UnsavedEdits } from './editing/unsaved.js';
import { ChannelSettings } from './channel-settings.js';
import { loadSettings, saveSettings, type Settings } from './settings.js';
import type { Camera } from './view/camera.js';
import { Viewer } from './view/viewer.js';

export const toolNames = ['select', 'brush', 'eraser', 'lasso', 'box', 'point', 'split', 'merge'] as const;
export type ToolName = (typeof toolNames)[number];

/** px of the screen: smallest and largest pen. */
export const penSizes = { min: 2, max: 200 } as const;

/** What the person reads at the lower edge of the image for a while. */
export interface Message {
  readonly text: string;
  readonly kind: 'info' | 'refusal';
}

export class App {
  readonly queue = signal<Queue | undefined>(undefined);
  /** Index into the queue. */
  readonly at = signal(0);
  readonly client = signal<ImageClient | undefined>(undefined);
  /** What is being loaded, or why that failed. */
  readonly opening = signal<'idle' | 'loading' | Failure>('idle');
  readonly tool = signal<ToolName>('select');
  readonly selected = signal<readonly number[]>([]);
  readonly settings = signal<Settings>(loadSettings());
  readonly message = signal<Message | undefined>(undefined);
  /** What has to be read and closed. */
  readonly notices = signal<readonly Notice[]>([]);
  /** What the server is asked for, which takes a while; empty for nothing. */
  readonly busy = signal('');
  readonly training = signal<TrainStatus | undefined>(undefined);
  readonly exported = signal<ExportAnswer | undefined>(undefined);
  readonly hidesMasks = signal(false);
  readonly isHelpOpen = signal(false);
  readonly isSkipOpen = signal(false);
  readonly camera = signal<Camera>({ scale: 1, x: 0, y: 0 });
  /** Where the keys have moved the pen, and what is there: read out. */
  readonly place = signal('');
  readonly session;
  readonly channels = new ChannelSettings();
  /** Counts changes of nuclei: what depends on them reads it. */
  readonly revision = signal(0);
  readonly unsavedCount = signal(0);
  readonly blocked = signal<Notice | undefined>(undefined);
  readonly item: ReadonlySignal<QueueItem | undefined> = computed(
    () => this.queue.value?.items[this.at.value],
  );
  /** Draws what the pen does. */
  drawTool: (context: CanvasRenderingContext2D, scale: number) => void = () => {};
  readonly effort = new Effort();
  #viewer: Viewer | undefined;
  /** Images that are closed while edits of them are unsaved. */
  readonly #leaving = new Set<ImageClient>();
  #messageTimer: ReturnType<typeof setTimeout> | undefined;
  #visit = 0;

  constructor(
    readonly api: Api,
    session: SessionInfo,
    readonly unsaved: UnsavedEdits | undefined,
  ) {
    this.session = signal(session);
    this.channels.changed = () => this.#show();
  }

  get viewer(): Viewer | undefined {
    return this.#viewer;
  }

  get readOnly(): boolean {
    return this.session.value.readOnly;
  }

  /** The part of the image that is looked at. */
  get region(): Rect | undefined {
    const client = this.client.value;
    if (!client) return undefined;
    const { width, height } = client.info;
    return this.item.value?.region ?? { x: 0, y: 0, width, height };
  }

  /** Shows images on a canvas from now on. */
  attach(canvas: HTMLCanvasElement): void {
    this.#viewer = new Viewer(canvas);
    this.#viewer.onMove = (camera) => (this.camera.value = camera);
    new ResizeObserver(() => this.#viewer?.resize()).observe(canvas);
    this.#openInViewer();
  }

  /** Keys work on the image from now on. */
  focusCanvas(): void {
    this.viewer?.canvas.focus({ preventScroll: true });
  }

  async start(): Promise<void> {
    await this.loadQueue();
    const items = this.queue.value?.items ?? [];
    const first = items.findIndex(({ state }) => state === 'new' || state === 'started');
    await this.open(Math.max(0, first));
  }

  async loadQueue(): Promise<void> {
    const answer = await this.api.get<Queue>('/api/queue');
    if (answer.ok) this.queue.value = answer.value;
    else this.opening.value = answer.failure;
  }

  /** Opens an image of the queue. What is unsaved of the one before is sent on. */
  async open(at: number): Promise<void> {
    const item = this.queue.value?.items[at];
    if (!item) return;
    const visit = ++this.#visit;
    const before = this.client.value;
    batch(() => {
      this.at.value = at;
      this.selected.value = [];
      this.message.value = undefined;
      this.exported.value = undefined;
    });
    if (before?.info.image === item.image) {
      this.viewer?.showAll(this.region!);
      return;
    }
    this.opening.value = 'loading';
    this.client.value = undefined;
    this.viewer?.close();
    if (before) this.#leave(before);
    const known = [...this.#leaving].find(({ info }) => info.image === item.image);
    await known?.flush();
    const { api, unsaved } = this;
    const { annotator } = this.session.value;
    const opened = await ImageClient.open(item.image, {
      api,
      unsaved,
      annotator,
      listener: this.#listener(),
    });
    if (visit !== this.#visit) {
      if (opened.ok) this.#leave(opened.value);
      return;
    }
    if (!opened.ok) {
      this.opening.value = opened.failure;
      return;
    }
    const failure = await this.channels.load(this.api, opened.value.info, this.settings.value);
    if (visit !== this.#visit) return;
    if (failure) {
      this.opening.value = failure;
      return;
    }
    batch(() => {
      this.client.value = opened.value;
      this.opening.value = 'idle';
      this.revision.value++;
    });
    for (const error of opened.value.info.notices) this.notify({ error, kind: 'lost' });
    this.#openInViewer();
    this.#countUnsaved();
    this.effort.begin();
  }

  #leave(client: ImageClient): void {
    this.#leaving.add(client);
    void client.flush().then(() => {
      if (client.unsavedCount === 0) this.#leaving.delete(client);
    });
  }

  #listener() {
    return {
      changed: (rect: Rect | undefined) => {
        const client = this.client.value;
        this.revision.value++;
        const isGone = (label: number) => !client?.editor.state.objects.has(label);
        if (this.selected.value.some(isGone))
          this.selected.value = this.selected.value.filter((label) => !isGone(label));
        if (!client) return;
        if (rect) this.viewer?.invalidate(rect);
        else this.#openInViewer(true);
      },
      saved: () => this.#countUnsaved(),
      notice: (notice: Notice) => this.notify(notice),
    };
  }

  #countUnsaved(): void {
    for (const client of this.#leaving) if (client.unsavedCount === 0) this.#leaving.delete(client);
    const clients = [...this.#leaving, ...(this.client.value ? [this.client.value] : [])];
    batch(() => {
      this.unsavedCount.value = clients.reduce((sum, { unsavedCount }) => sum + unsavedCount, 0);
      this.blocked.value = clients.find(({ blocked }) => blocked)?.blocked;
    });
  }

  /** Sends again what could not be saved. */
  retry(): void {
    for (const client of [...this.#leaving, ...(this.client.value ? [this.client.value] : [])])
      client.retry();
  }

  #openInViewer(keepsCamera = false): void {
    const [client, viewer] = [this.client.value, this.viewer];
    if (!client || !viewer) return;
    viewer.open(
      {
        map: client.editor.state,
        styles: () => client.editor.styles,
        bounds: (label) => client.editor.bounds.get(label),
        selected: () => this.selected.value,
        region: () => this.item.value?.region,
        reviewed: () => client.editor.state.reviewed,
        drawTool: (context, { scale }) => this.drawTool(context, scale),
      },
      this.#display(),
    );
    if (!keepsCamera) viewer.showAll(this.region!);
  }

  #display() {
    const { isInverted, fill, hasOutlines } = this.settings.value;
    return { channels: this.channels.shown(this.settings.value), isInverted, fill, hasOutlines };
  }

  #show(): void {
    if (this.client.value) this.viewer?.show(this.#display());
  }

  /** Changes how images are shown, or pens. */
  set(change: Partial<Settings>): void {
    this.settings.value = { ...this.settings.value, ...change };
    saveSettings(this.settings.value);
    this.#show();
  }

  fitContrast(fitsContrast: boolean): void {
    this.set({ fitsContrast });
    this.channels.fit(fitsContrast);
  }

  hideMasks(hides: boolean): void {
    this.hidesMasks.value = hides;
    if (this.viewer) this.viewer.hidesMasks = hides;
  }

  say(text: string, kind: Message['kind'] = 'info'): void {
    this.message.value = { text, kind };
    clearTimeout(this.#messageTimer);
    // Long enough to read a sentence.
    this.#messageTimer = setTimeout(() => (this.message.value = undefined), 6000);
  }

  notify(notice: Notice): void {
    if (this.notices.value.some(({ error }) => error === notice.error)) return;
    this.notices.value = [...this.notices.value, notice];
  }

  dismiss(notice: Notice): void {
    this.notices.value = this.notices.value.filter((other) => other !== notice);
  }

  select(labels: readonly number[]): void {
    this.selected.value = labels;
    this.viewer?.requestDraw();
  }

  /** Does what a tool has made; says why not. */
  perform(make: (client: ImageClient) => operations.Outcome): boolean {
    const client = this.client.value;
    if (!client) return false;
    if (this.readOnly) {
      this.say('This page is read-only: nothing can be changed.', 'refusal');
      return false;
    }
    const outcome = make(client);
    if ('refusal' in outcome) {
      this.say(outcome.refusal, 'refusal');
      return false;
    }
    return this.do(client, outcome.body, outcome.selected);
  }

  /** Does it, unless the state refuses. */
  do(client: ImageClient, body: EventBody, selected?: readonly number[]): boolean {
    const refusal = client.do(body, this.effort.take());
    if (refusal !== undefined) {
      this.say(refusal, 'refusal');
      return false;
    }
    if (selected) this.select(selected);
    return true;
  }
}
