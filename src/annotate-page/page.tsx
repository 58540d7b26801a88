/** The annotation page: begins here in the browser. */
import './page.css';
import { render } from 'preact';
import type { SessionInfo } from '../annotate/protocol/messages.js';
import { App } from './app.js';
import { Api } from './editing/api.js';
import { UnsavedEdits } from './editing/unsaved.js';
import { Help, SkipDialog } from './panels/dialogs.js';
import { Header } from './panels/header.js';
import { ExportPanel, ModelPanel } from './panels/model-panel.js';
import { QueuePanel } from './panels/queue-panel.js';
import { Stage } from './panels/stage.js';
import { NucleusPanel, RegionPanel, ToolsPanel } from './panels/tools-panel.js';
import { ViewPanel } from './panels/view-panel.js';
import { followTraining } from './work/ask-model.js';

declare global {
  interface Window {
    /** For tests in the browser: what is on the canvas is not in the page otherwise. */
    nucleate?: App;
  }
}

function Page({ app }: { readonly app: App }) {
  return (
    <>
      <Header app={app} />
      <div class="columns">
        <QueuePanel app={app} />
        <Stage app={app} />
        <aside class="tools" aria-label="Tools">
          <RegionPanel app={app} />
          <NucleusPanel app={app} />
          <ToolsPanel app={app} />
          <ViewPanel app={app} />
          <ModelPanel app={app} />
          <ExportPanel app={app} />
        </aside>
      </div>
      {app.isHelpOpen.value && <Help app={app} />}
      {app.isSkipOpen.value && <SkipDialog app={app} />}
    </>
  );
}

function Failed({ error, hint }: { readonly error: string; readonly hint?: string | undefined }) {
  return (
    <main class="failed">
      <h1>nucleate</h1>
      <div role="alert">
        <p>{error}</p>
        {hint && <p class="quiet">{hint}</p>}
      </div>
    </main>
  );
}

async function start(root: HTMLElement): Promise<void> {
  const token = location.hash.slice(1);
  const api = new Api(token, crypto.randomUUID());
  const session = await api.get<SessionInfo>('/api/session');
  if (!session.ok) {
    const { error, hint } = session.failure;
    render(<Failed error={error} hint={hint ?? 'Open the link that nucleate annotate has printed.'} />, root);
    return;
  }
  const unsaved = await UnsavedEdits.open().catch(() => undefined);
  const app = new App(api, session.value, unsaved);
  window.nucleate = app;
  document.title = `${session.value.dataset} · nucleate`;
  window.addEventListener('beforeunload', (event) => {
    if (app.unsavedCount.value > 0) event.preventDefault();
  });
  render(<Page app={app} />, root);
  if (!unsaved)
    app.notify({
      kind: 'lost',
      error:
        'This browser keeps nothing, as private windows do: edits that are not saved are lost with the page.',
    });
  await app.start();
  app.focusCanvas();
  await followTraining(app);
}

void start(document.getElementById('page')!);
