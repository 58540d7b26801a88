/** What a person decides: which nuclei there are, and which regions are finished. */
import type { App } from '../app.js';
import type { Editor } from '../editing/editor.js';
import * as operations from '../editing/operations.js';
import { toCanvas } from '../view/camera.js';

/** Pixels of the screen for a pixel of the image, at most, when a nucleus is shown: its surroundings stay in view. */
const nucleusScale = 6;

/** px of the image around a nucleus that is shown. */
const surroundings = 40;

export function decide(app: App, decision: 'accept' | 'reject'): void {
  const chosen = app.selected.value;
  const isDone = app.perform(({ editor }) =>
    decision === 'accept'
      ? operations.accept(editor, chosen)
      : operations.discard(editor, chosen, hasProposal(editor, chosen) ? 'reject' : 'delete'),
  );
  if (!isDone) return;
  app.say(`${decision === 'accept' ? 'Accepted' : 'Rejected'}. ${undecidedText(app)}`);
  nextDoubtful(app, 1, true);
}

export function deleteSelected(app: App): void {
  const chosen = app.selected.value;
  if (app.perform(({ editor }) => operations.discard(editor, chosen, 'delete'))) app.say('Deleted.');
}

export function acceptAllInView(app: App): void {
  const view = app.viewer?.visible;
  const client = app.client.value;
  if (!view || !client) return;
  const labels = operations.centredIn(client.editor, client.editor.doubtful, view);
  if (labels.length === 0) return app.say('No undecided nucleus is in view.', 'refusal');
  if (app.perform(({ editor }) => operations.accept(editor, labels)))
    app.say(
      `${labels.length === 1 ? 'One nucleus' : `${labels.length} nuclei`} accepted. ${undecidedText(app)}`,
    );
}

function undecidedText(app: App): string {
  const count = undecided(app).length;
  return count === 0 ? 'None is undecided.' : `${count} ${count === 1 ? 'is' : 'are'} undecided.`;
}

/** In the region that is looked at. */
export function undecided(app: App): readonly number[] {
  const [client, region] = [app.client.value, app.region];
  return client && region ? operations.undecidedIn(client.editor, region) : [];
}

/** @param isQuiet Whether nothing is said if there is none. */
export function nextDoubtful(app: App, step: 1 | -1, isQuiet = false): void {
  const left = undecided(app);
  if (left.length === 0) {
    if (!isQuiet) app.say('No nucleus is undecided. R marks the region as reviewed.');
    return;
  }
  const known = left.indexOf(app.selected.value[0] ?? -1);
  const next = known < 0 ? (step > 0 ? 0 : left.length - 1) : (known + step + left.length) % left.length;
  app.select([left[next]!]);
  reveal(app, left[next]!);
}

/** Shows a nucleus in the middle, unless it is in view and large enough already. */
function reveal(app: App, label: number): void {
  const bounds = app.client.value?.editor.bounds.get(label);
  const viewer = app.viewer;
  if (!bounds || !viewer) return;
  const { x, y, width, height } = bounds;
  const corner = toCanvas(viewer.camera, { x, y });
  const other = toCanvas(viewer.camera, { x: x + width, y: y + height });
  const { size } = viewer;
  const isInView = corner.x > 0 && corner.y > 0 && other.x < size.width && other.y < size.height;
  if (isInView && viewer.camera.scale >= nucleusScale / 2) return;
  viewer.showAll(
    {
      x: x - surroundings,
      y: y - surroundings,
      width: width + 2 * surroundings,
      height: height + 2 * surroundings,
    },
    nucleusScale,
  );
}

export function isReviewed(app: App): boolean {
  const [client, region] = [app.client.value, app.region];
  return client && region ? operations.isRegionReviewed(client.editor, region) : false;
}

export async function review(app: App): Promise<void> {
  const region = app.region;
  if (!region) return;
  const wasReviewed = isReviewed(app);
  const isDone = app.perform(({ editor }) =>
    wasReviewed
      ? { body: { op: 'unreview', source: 'manual', region } }
      : operations.reviewRegion(editor, region),
  );
  if (!isDone) return;
  app.say(wasReviewed ? 'No longer marked as reviewed.' : 'Reviewed. N goes to the next region.');
  await app.client.value?.flush();
  await app.loadQueue();
}

export async function skip(app: App, reason: string): Promise<void> {
  app.isSkipOpen.value = false;
  if (!app.perform(() => ({ body: { op: 'skip', source: 'manual', reason } }))) return;
  await app.client.value?.flush();
  await app.loadQueue();
  await goOn(app);
}

/** Goes to the next region that is not finished, unless a nucleus of this one is undecided. */
export async function next(app: App): Promise<void> {
  const left = undecided(app);
  if (left.length > 0 && !app.readOnly && app.client.value?.editor.state.skipped === null) {
    app.say(operations.undecidedSentence(left.length), 'refusal');
    return;
  }
  await goOn(app);
}

async function goOn(app: App): Promise<void> {
  const items = app.queue.value?.items ?? [];
  const order = items.map((_, index) => (app.at.value + 1 + index) % items.length);
  const next = order.find(
    (index) => ['new', 'started'].includes(items[index]!.state) && index !== app.at.value,
  );
  if (next === undefined) return app.say('Every region of the queue is reviewed or skipped.');
  await app.open(next);
}

const hasProposal = ({ state }: Editor, labels: readonly number[]): boolean =>
  labels.some((label) => state.objects.get(label)?.state === 'proposed');
