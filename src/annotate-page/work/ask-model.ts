/** What the server does for the page: masks and proposals of the model, training, export. */
import type {
  ExportAnswer,
  ExportRequest,
  Failure,
  SegmentAnswer,
  MaskRequest,
  SessionInfo,
  TrainingRequest,
  TrainStatus,
} from '../../annotate/protocol/messages.js';
import { forEachPiece, type Patch } from '../../annotate/protocol/patch.js';
import type { App } from '../app.js';
import * as operations from '../editing/operations.js';
import { scoreNotice } from './score-notice.js';

/** ms between questions how far the training is. */
const trainingInterval = 1000;

export async function segment(app: App, request: MaskRequest): Promise<void> {
  const client = app.client.value;
  if (!client || app.busy.value) return;
  if (app.readOnly) return app.say('This page is read-only: nothing can be changed.', 'refusal');
  if (!app.session.value.model)
    return app.say('There is no model: start nucleate annotate with --model.', 'refusal');
  app.busy.value = 'The model outlines the nucleus';
  const answer = await app.api.post<SegmentAnswer>(`/api/images/${client.info.image}/segment`, request);
  app.busy.value = '';
  if (client !== app.client.value) return;
  if (!answer.ok) return app.say(sentence(answer.failure), 'refusal');
  const { mask, score } = answer.value;
  if (!mask)
    return app.say(
      'The model found no nucleus here. Draw it with the lasso (P) or the brush (B).',
      'refusal',
    );
  app.perform(({ editor }) => operations.placeMask(editor, pixelsOf(mask), score));
}

export async function propose(app: App): Promise<void> {
  const client = app.client.value;
  if (!client || app.busy.value) return;
  if (app.readOnly) return app.say('This page is read-only: nothing can be changed.', 'refusal');
  if (!app.session.value.model)
    return app.say('There is no model: start nucleate annotate with --model.', 'refusal');
  if (client.info.isControl)
    return app.say(
      'This image measures the model: nothing is proposed on it. Draw its nuclei by hand.',
      'refusal',
    );
  app.busy.value = 'The model looks for nuclei';
  const answer = await client.propose(app.item.value?.region);
  app.busy.value = '';
  if (!answer.ok) return app.say(sentence(answer.failure), 'refusal');
  const count = answer.value;
  app.say(
    count === 0
      ? 'The model found no other nucleus.'
      : `The model proposes ${count === 1 ? 'one nucleus' : `${count} nuclei`}. Tab goes to the most doubtful one.`,
  );
  void app.loadQueue();
}

export async function train(app: App): Promise<void> {
  await app.client.value?.flush();
  const answer = await app.api.post<TrainStatus>('/api/train', {
    minutes: app.settings.value.minutes,
  } satisfies TrainingRequest);
  if (!answer.ok) return app.say(sentence(answer.failure), 'refusal');
  app.training.value = answer.value;
  await followTraining(app);
}

export async function stopTraining(app: App): Promise<void> {
  const answer = await app.api.post<TrainStatus>('/api/train/stop', {});
  if (answer.ok) app.training.value = answer.value;
  else app.say(sentence(answer.failure), 'refusal');
}

/** Asks how far the training is, until it has ended. */
export async function followTraining(app: App): Promise<void> {
  for (;;) {
    const answer = await app.api.get<TrainStatus>('/api/train');
    if (answer.ok) {
      const wasRunning = app.training.value?.state === 'running';
      app.training.value = answer.value;
      if (answer.value.state !== 'running') {
        if (wasRunning) await trained(app, answer.value);
        return;
      }
    } else if (answer.status !== 0) return;
    await new Promise((resolve) => setTimeout(resolve, trainingInterval));
  }
}

async function trained(app: App, { state, message, rounds }: TrainStatus): Promise<void> {
  const notice = state === 'done' ? scoreNotice(rounds) : undefined;
  if (notice) app.notify(notice);
  app.say(message, state === 'failed' ? 'refusal' : 'info');
  const session = await app.api.get<SessionInfo>('/api/session');
  if (session.ok) app.session.value = session.value;
  await app.loadQueue();
}

export async function exportAs(app: App, format: string): Promise<void> {
  await app.client.value?.flush();
  app.busy.value = 'Exporting';
  const answer = await app.api.post<ExportAnswer>('/api/export', { format } satisfies ExportRequest);
  app.busy.value = '';
  if (!answer.ok) return app.say(sentence(answer.failure), 'refusal');
  app.exported.value = answer.value;
  app.say(`Exported ${answer.value.nuclei} nuclei of ${answer.value.images} images.`);
}

const sentence = ({ error, hint }: Failure): string => (hint ? `${error} ${hint}` : error);

/** A mask of the server as pixels. */
function pixelsOf(mask: Patch) {
  const { x, y, width, height } = mask;
  const values = new Uint8Array(width * height);
  forEachPiece({ ...mask, x: 0, y: 0 }, width, (start, count, value) =>
    values.fill(value, start, start + count),
  );
  return { x, y, width, height, values };
}
