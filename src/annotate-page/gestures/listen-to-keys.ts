import type { App } from '../app.js';
import { commandOf } from '../keys.js';
import { doCommand } from '../work/do-command.js';
import type { Pen } from './pen.js';

const arrows: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** px of the image that an arrow with Shift moves the pen. */
const longStep = 10;

/** Inputs in which letters are letters. */
const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement
    ? ['text', 'number'].includes(target.type)
    : target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

/**
 * Makes keys do what they say in keys.ts: letters wherever the focus is, but in fields of text and in dialogs; Tab, Enter,
 * Space and arrows on the image alone, so that the rest of the page works as pages do.
 *
 * @returns Stops to listen.
 */
export function listenToKeys(app: App, pen: Pen, canvas: HTMLCanvasElement): () => void {
  // After Escape, Tab leaves the image until it gets the focus again.
  let leavesWithTab = false;
  const onFocus = () => (leavesWithTab = false);
  const onDown = (event: KeyboardEvent) => {
    const isOnImage = event.target === canvas || event.target === document.body;
    if (isText(event.target) || document.querySelector('dialog[open]')) return;
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === 'Escape') {
      leavesWithTab = !pen.cancel();
      if (leavesWithTab && isOnImage) app.say('Tab leaves the image now.');
      return;
    }
    const arrow = arrows[event.key];
    if (arrow && isOnImage && !hasModifier) {
      event.preventDefault();
      const step = event.shiftKey ? longStep : 1;
      return pen.step(arrow[0] * step, arrow[1] * step);
    }
    if (event.key === 'Enter' && isOnImage && pen.hasCursor) {
      event.preventDefault();
      return pen.toggle({ shift: event.shiftKey, alt: event.altKey });
    }
    const command = commandOf(event);
    if (!command) return;
    const isOfPage = ['Tab', 'Enter', ' ', 'Delete', 'Backspace'].includes(event.key);
    if (isOfPage && (!isOnImage || (event.key === 'Tab' && leavesWithTab))) return;
    event.preventDefault();
    if (command === 'hide') {
      if (!event.repeat) app.hideMasks(true);
      return;
    }
    app.effort.note(true);
    doCommand(app, command);
  };
  const onUp = (event: KeyboardEvent) => {
    const isOnImage = event.target === canvas || event.target === document.body;
    if (event.key === ' ' && isOnImage) app.hideMasks(false);
  };
  const onBlur = () => {
    if (app.hidesMasks.value) app.hideMasks(false);
  };
  window.addEventListener('keydown', onDown);
  window.addEventListener('keyup', onUp);
  window.addEventListener('blur', onBlur);
  canvas.addEventListener('focus', onFocus);
  return () => {
    window.removeEventListener('keydown', onDown);
    window.removeEventListener('keyup', onUp);
    window.removeEventListener('blur', onBlur);
    canvas.removeEventListener('focus', onFocus);
  };
}
