import type { App, ToolName } from '../app.js';
import { penSizes } from '../app.js';
import { isReviewed, undecided } from '../work/decide.js';
import { CommandButton } from './command-button.js';

const drawing: readonly (readonly [ToolName, string])[] = [
  ['select', 'Select'],
  ['brush', 'Brush'],
  ['eraser', 'Eraser'],
  ['lasso', 'Lasso'],
  ['box', 'Box'],
  ['point', 'Point'],
  ['split', 'Split'],
  ['merge', 'Merge'],
];

export function ToolsPanel({ app }: { readonly app: App }) {
  const tool = app.tool.value;
  const { readOnly } = app;
  return (
    <section class="card" aria-labelledby="tools-title">
      <h2 id="tools-title">Tools</h2>
      <div class="grid" role="group" aria-label="Tool in hand">
        {drawing.map(([name, words]) => (
          <CommandButton
            key={name}
            app={app}
            command={name}
            kind="tool"
            isPressed={tool === name}
            isDisabled={readOnly && name !== 'select'}
          >
            {words}
          </CommandButton>
        ))}
      </div>
      {(tool === 'brush' || tool === 'eraser') && <PenSize app={app} pen={tool} />}
      <div class="grid" role="group" aria-label="History">
        <CommandButton app={app} command="undo" kind="tool" isDisabled={readOnly}>
          Undo
        </CommandButton>
        <CommandButton app={app} command="redo" kind="tool" isDisabled={readOnly}>
          Redo
        </CommandButton>
      </div>
    </section>
  );
}

function PenSize({ app, pen }: { readonly app: App; readonly pen: 'brush' | 'eraser' }) {
  const size = app.settings.value[pen];
  const onImage = size / app.camera.value.scale;
  return (
    <label class="slider">
      <span>
        {pen === 'brush' ? 'Brush' : 'Eraser'} <kbd>[</kbd> <kbd>]</kbd>
      </span>
      <span class="quiet">{onImage < 10 ? onImage.toFixed(1) : Math.round(onImage)} px of the image</span>
      <input
        type="range"
        min={penSizes.min}
        max={penSizes.max}
        value={size}
        onInput={(event) => app.set({ [pen]: Number(event.currentTarget.value) })}
      />
    </label>
  );
}

const sourceWords = { model: 'by the model', edited: 'by the model, edited', manual: 'by hand' } as const;

/** The selected nucleus, and what can be decided on it. */
export function NucleusPanel({ app }: { readonly app: App }) {
  // Everything here may change with the nuclei.
  void app.revision.value;
  const state = app.client.value?.editor.state;
  const selected = app.selected.value;
  const [first] = selected;
  const object = first === undefined ? undefined : state?.objects.get(first);
  const { readOnly } = app;
  const isNone = selected.length === 0;
  return (
    <section class="card" aria-labelledby="nucleus-title">
      <h2 id="nucleus-title">{selected.length > 1 ? `${selected.length} nuclei` : 'Nucleus'}</h2>
      <p class="facts">
        {!object || !state ? (
          <span class="quiet">None selected. Click one, or press Tab for the most doubtful one.</span>
        ) : selected.length > 1 ? (
          `Numbers ${selected.slice(0, 6).join(', ')}${selected.length > 6 ? ' …' : ''}`
        ) : (
          <>
            <span class={`tag ${object.state}`}>{object.state}</span> {sourceWords[object.source]} ·{' '}
            {state.areaOf(object.id).toLocaleString('en')} px
            {object.score !== undefined && ` · score ${object.score.toFixed(2)}`}
          </>
        )}
      </p>
      <div class="grid">
        <CommandButton app={app} command="accept" isDisabled={readOnly || isNone}>
          Accept
        </CommandButton>
        <CommandButton app={app} command="reject" isDisabled={readOnly || isNone}>
          Reject
        </CommandButton>
        <CommandButton app={app} command="fill" isDisabled={readOnly || isNone}>
          Fill holes
        </CommandButton>
        <CommandButton app={app} command="smooth" isDisabled={readOnly || isNone}>
          Smooth
        </CommandButton>
      </div>
      <CommandButton app={app} command="delete" isDisabled={readOnly || isNone}>
        Delete
      </CommandButton>
    </section>
  );
}

/** How far the region is, and where to go on. */
export function RegionPanel({ app }: { readonly app: App }) {
  void app.revision.value;
  const client = app.client.value;
  const { readOnly } = app;
  const isClosed = !client || readOnly;
  const left = client ? undecided(app).length : 0;
  const total = client?.editor.state.objects.size ?? 0;
  const isDone = client !== undefined && isReviewed(app);
  const skipped = client?.editor.state.skipped;
  const hasModel = app.session.value.model !== null;
  const isControl = client?.info.isControl ?? false;
  return (
    <section class="card" aria-labelledby="region-title">
      <h2 id="region-title">Region</h2>
      <p class="facts">
        <strong>{left}</strong> undecided · <strong>{total}</strong> nuclei in the image
        {skipped !== null && skipped !== undefined && (
          <span class="tag"> skipped{skipped && `: ${skipped}`}</span>
        )}
      </p>
      {isControl && (
        <p class="quiet">
          A control image: it measures the model, so nothing is proposed on it. Draw its nuclei by hand.
        </p>
      )}
      {hasModel && !isControl && (
        <CommandButton app={app} command="propose" isDisabled={isClosed || app.busy.value !== ''}>
          Let the model propose
        </CommandButton>
      )}
      <CommandButton app={app} command="accept-all" isDisabled={isClosed || left === 0}>
        Accept all in view
      </CommandButton>
      <CommandButton app={app} command="next-doubtful" isDisabled={!client || left === 0}>
        Next doubtful
      </CommandButton>
      <CommandButton app={app} command="review" kind="primary" isPressed={isDone} isDisabled={isClosed}>
        {isDone ? 'Reviewed' : 'Mark as reviewed'}
      </CommandButton>
      <div class="grid">
        <CommandButton app={app} command="skip" isDisabled={isClosed}>
          Skip
        </CommandButton>
        <CommandButton app={app} command="next">
          Next
        </CommandButton>
      </div>
    </section>
  );
}
