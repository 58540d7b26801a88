import type { App } from '../app.js';
import { Icon } from './icons.js';

export function Header({ app }: { readonly app: App }) {
  const { dataset, annotator, readOnly, model } = app.session.value;
  return (
    <header class="top">
      <div class="brand">
        <span class="mark" aria-hidden="true" />
        <h1>nucleate</h1>
        <span class="quiet">
          {dataset} · {annotator}
        </span>
      </div>
      <div class="state">
        {model && <span class="quiet model">model {model.name}</span>}
        {readOnly && <span class="badge">read-only</span>}
        <SaveState app={app} />
        <button
          type="button"
          class="round"
          title="Keys and help (?)"
          aria-label="Keys and help"
          aria-keyshortcuts="?"
          onClick={() => (app.isHelpOpen.value = true)}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

/** Whether everything is on the disk. */
function SaveState({ app }: { readonly app: App }) {
  const count = app.unsavedCount.value;
  const isBlocked = app.blocked.value !== undefined;
  return (
    <span class={`save ${isBlocked ? 'blocked' : count > 0 ? 'waiting' : 'saved'}`} id="save-state">
      {count === 0 ? 'All saved' : `${count} unsaved`}
    </span>
  );
}
