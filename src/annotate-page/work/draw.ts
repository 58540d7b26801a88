/** What the tools do to nuclei. */
import type { App } from '../app.js';
import * as operations from '../editing/operations.js';
import type { Point } from '../../data/geometry/linear-map.js';
import type { Stroke } from '../tools/stroke.js';

export function paint(app: App, stroke: Stroke, overwrites: boolean): void {
  const [selected] = app.selected.value;
  app.perform(({ editor }) => operations.paintStroke(editor, stroke, { selected, overwrites }));
}

export function rub(app: App, stroke: Stroke, erasesAll: boolean): void {
  const [selected] = app.selected.value;
  app.perform(({ editor }) => operations.eraseStroke(editor, stroke, { selected, erasesAll }));
}

export function lasso(app: App, points: readonly Point[]): void {
  app.perform(({ editor }) => operations.drawLasso(editor, points));
}

export function splitAlong(app: App, points: readonly Point[]): void {
  const [selected] = app.selected.value;
  if (app.perform(({ editor }) => operations.cut(editor, points, selected))) app.say('Split.');
}

export function mergeSelected(app: App, labels: readonly number[]): boolean {
  const isDone = app.perform(({ editor }) => operations.joinNuclei(editor, labels));
  if (isDone) app.say('Merged.');
  return isDone;
}

export function fillSelected(app: App): void {
  app.perform(({ editor }) => operations.fillNucleus(editor, app.selected.value[0]));
}

export function smoothSelected(app: App): void {
  app.perform(({ editor }) => operations.smoothBorder(editor, app.selected.value[0]));
}

export function undo(app: App): void {
  step(app, 'undo');
}

export function redo(app: App): void {
  step(app, 'redo');
}

function step(app: App, op: 'undo' | 'redo'): void {
  const isDone = app.perform(({ editor: { state } }) => {
    const last = (op === 'undo' ? state.undo : state.redo).at(-1);
    return last
      ? { body: { op, source: 'manual', undoes: last.seq } }
      : { refusal: `There is nothing to ${op}.` };
  });
  if (isDone) app.say(op === 'undo' ? 'Undone.' : 'Done again.');
}
