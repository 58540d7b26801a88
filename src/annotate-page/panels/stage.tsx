import { useEffect, useRef } from 'preact/hooks';
import type { App } from '../app.js';
import { Pen } from '../gestures/pen.js';
import { listenToKeys } from '../gestures/listen-to-keys.js';
import { Icon } from './icons.js';

const hints: Record<string, string> = {
  select: 'Click a nucleus. Drag moves the image, the wheel zooms.',
  brush: 'Paint: from inside a nucleus to extend it, beside it for a new one. Alt paints over neighbours.',
  eraser: 'Erase one nucleus. Alt erases all of them.',
  lasso: 'Draw the outline of a new nucleus.',
  box: 'Draw a box around a nucleus: the model outlines it.',
  point: 'Click a nucleus: the model outlines it.',
  split: 'Draw a line through a nucleus, from side to side.',
  merge: 'Click two nuclei that touch.',
};

/** The image. */
export function Stage({ app }: { readonly app: App }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    app.attach(canvas.current!);
    const pen = new Pen(app, canvas.current!);
    return listenToKeys(app, pen, canvas.current!);
  }, [app]);
  const tool = app.tool.value;
  return (
    <main class="stage">
      <div class="bar">
        <Title app={app} />
        <span class="quiet hint">{hints[tool]}</span>
      </div>
      <div class="picture">
        {/* Its keys are those of the whole page: screen readers must pass them on. */}
        <div role="application" aria-label="Image" class="frame">
          <canvas
            ref={canvas}
            tabIndex={0}
            class={`tool-${tool}`}
            role="img"
            aria-label="The image with its nuclei. Arrow keys move the pen, Enter presses it, Tab goes to the next doubtful nucleus, Escape and then Tab leaves the image. Question mark lists all keys."
          />
        </div>
        <Opening app={app} />
        <Notices app={app} />
        <Bottom app={app} />
      </div>
    </main>
  );
}

function Title({ app }: { readonly app: App }) {
  const item = app.item.value;
  if (!item) return <h2 class="title">No image</h2>;
  return (
    <h2 class="title" title={item.name}>
      {item.name}
    </h2>
  );
}

function Opening({ app }: { readonly app: App }) {
  const opening = app.opening.value;
  if (opening === 'idle') return null;
  if (opening === 'loading') return <p class="cover">Opening the image …</p>;
  return (
    <div class="cover" role="alert">
      <p>{opening.error}</p>
      {opening.hint && <p class="quiet">{opening.hint}</p>}
      <button type="button" class="command" onClick={() => void app.open(app.at.value)}>
        <span class="words">Try again</span>
      </button>
    </div>
  );
}

/** What must not be missed: edits that are not saved, or were taken back. */
function Notices({ app }: { readonly app: App }) {
  const blocked = app.blocked.value;
  const count = app.unsavedCount.value;
  return (
    <div class="notices" role="alert">
      {blocked && (
        <div class="notice blocked" id="blocked">
          <p>
            <strong>
              {count === 1 ? 'One edit is' : `${count} edits are`} not saved: they are kept in this browser.
            </strong>{' '}
            {blocked.error} {blocked.hint}
          </p>
          <button type="button" class="command" onClick={() => app.retry()}>
            <span class="words">Try again</span>
          </button>
        </div>
      )}
      {app.notices.value.map((notice) => (
        <div key={notice.error} class="notice">
          <p>
            {notice.error} {notice.hint}
          </p>
          <button type="button" class="round" aria-label="Close" onClick={() => app.dismiss(notice)}>
            <Icon name="reject" />
          </button>
        </div>
      ))}
    </div>
  );
}

function Bottom({ app }: { readonly app: App }) {
  const message = app.message.value;
  const busy = app.busy.value;
  return (
    <>
      <div class="toasts">
        {busy && (
          <span class="toast busy">
            <span class="spinner" aria-hidden="true" />
            {busy} …
          </span>
        )}
        {message && <span class={`toast ${message.kind}`}>{message.text}</span>}
      </div>
      {/* Read out; what is drawn moves too fast to be. */}
      <p class="hidden" role="status" id="said">
        {busy || message?.text}
      </p>
      <p class="hidden" aria-live="polite">
        {app.place.value}
      </p>
      <Legend app={app} />
    </>
  );
}

function Legend({ app }: { readonly app: App }) {
  const { scale } = app.camera.value;
  return (
    <div class="legend">
      <span>
        <span class="swatch proposed" aria-hidden="true" />
        proposed
      </span>
      <span>
        <span class="swatch accepted" aria-hidden="true" />
        accepted
      </span>
      <span class="zoom">{Math.round(100 * scale)} %</span>
    </div>
  );
}
