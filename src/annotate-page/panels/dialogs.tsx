import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app.js';
import { keyGroups } from '../keys.js';
import { skip } from '../work/decide.js';

/** A window above the page; Escape closes it. */
function Dialog({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onClose={close}
      onKeyDown={(event) => {
        if (event.key === '?' && !(event.target instanceof HTMLInputElement)) dialog.current?.close();
      }}
    >
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="round" aria-label="Close" onClick={() => dialog.current?.close()}>
          ×
        </button>
      </div>
      {children}
    </dialog>
  );
}

export function Help({ app }: { readonly app: App }) {
  return (
    <Dialog
      title="Keys"
      close={() => {
        app.isHelpOpen.value = false;
        app.focusCanvas();
      }}
    >
      <div class="help">
        {keyGroups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(({ command, keys: names, what }) => (
                <div key={command}>
                  <dt>
                    {names.map((name) => (
                      <kbd key={name}>{name}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Asks why a region is skipped. */
export function SkipDialog({ app }: { readonly app: App }) {
  const [reason, setReason] = useState('');
  return (
    <Dialog
      title="Skip this image"
      close={() => {
        app.isSkipOpen.value = false;
        app.focusCanvas();
      }}
    >
      <form
        class="skip"
        onSubmit={(event) => {
          event.preventDefault();
          void skip(app, reason);
        }}
      >
        <label>
          <span>Why? For example: out of focus</span>
          <input
            type="text"
            maxLength={200}
            value={reason}
            autoFocus
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="command primary">
          <span class="words">Skip</span>
        </button>
      </form>
    </Dialog>
  );
}
