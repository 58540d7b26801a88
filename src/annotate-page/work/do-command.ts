import { type App, penSizes } from '../app.js';
import { zoomAt } from '../view/camera.js';
import type { PageCommand } from '../keys.js';
import { propose } from './ask-model.js';
import { acceptAllInView, decide, next, nextDoubtful, deleteSelected, review } from './decide.js';
import { fillSelected, mergeSelected, redo, smoothSelected, undo } from './draw.js';

/** How much a press of + or - zooms. */
const zoomStep = 1.25;

/** How much a press of [ or ] changes the pen. */
const sizeStep = 1.25;

/** Does what a key or a button asks for. Not here: what needs the pen (`cursor`, `pen`, `cancel`). */
export function doCommand(app: App, command: PageCommand): void {
  switch (command) {
    case 'accept':
      return decide(app, 'accept');
    case 'reject':
      return decide(app, 'reject');
    case 'accept-all':
      return acceptAllInView(app);
    case 'next-doubtful':
      return nextDoubtful(app, 1);
    case 'previous-doubtful':
      return nextDoubtful(app, -1);
    case 'select':
    case 'brush':
    case 'eraser':
    case 'lasso':
    case 'box':
    case 'point':
    case 'split':
      app.tool.value = command;
      return;
    case 'merge':
      if (app.selected.value.length < 2) app.tool.value = 'merge';
      else mergeSelected(app, app.selected.value);
      return;
    case 'smaller':
      return resize(app, 1 / sizeStep);
    case 'larger':
      return resize(app, sizeStep);
    case 'fill':
      return fillSelected(app);
    case 'smooth':
      return smoothSelected(app);
    case 'delete':
      return deleteSelected(app);
    case 'review':
      return void review(app);
    case 'skip':
      if (!app.readOnly && app.client.value) app.isSkipOpen.value = true;
      return;
    case 'next':
      return void next(app);
    case 'propose':
      return void propose(app);
    case 'hide':
      app.hideMasks(!app.hidesMasks.value);
      return;
    case 'contrast':
      return app.fitContrast(!app.settings.value.fitsContrast);
    case 'invert':
      return app.set({ isInverted: !app.settings.value.isInverted });
    case 'channel-1':
    case 'channel-2':
    case 'channel-3':
    case 'channel-4': {
      const index = Number(command.at(-1)) - 1;
      const channel = app.channels.list.value[index];
      if (channel) app.channels.set(index, { isShown: !channel.isShown });
      return;
    }
    case 'undo':
      return undo(app);
    case 'redo':
      return redo(app);
    case 'zoom-in':
      return zoom(app, zoomStep);
    case 'zoom-out':
      return zoom(app, 1 / zoomStep);
    case 'fit':
      if (app.region) app.viewer?.showAll(app.region);
      return;
    case 'help':
      app.isHelpOpen.value = !app.isHelpOpen.value;
      return;
    case 'cursor':
    case 'pen':
    case 'cancel':
  }
}

function resize(app: App, factor: number): void {
  const pen = app.tool.value === 'eraser' ? 'eraser' : 'brush';
  const size = Math.round(app.settings.value[pen] * factor);
  app.set({ [pen]: Math.min(penSizes.max, Math.max(penSizes.min, size)) });
}

/** About the middle of the canvas. */
function zoom(app: App, factor: number): void {
  const [viewer, client] = [app.viewer, app.client.value];
  if (!viewer || !client) return;
  const { size } = viewer;
  const middle = { x: size.width / 2, y: size.height / 2 };
  viewer.camera = zoomAt(viewer.camera, middle, factor, { image: client.info, canvas: size });
}
