import type { ComponentChildren } from 'preact';
import type { App } from '../app.js';
import { type PageCommand, keyGroups } from '../keys.js';
import { doCommand } from '../work/do-command.js';
import { Icon } from './icons.js';

const infos = new Map(keyGroups.flatMap(({ keys }) => keys.map((info) => [info.command, info])));

/** The shortest key of a command as it is written. */
export const KeyHints = ({ command }: { readonly command: PageCommand }) => {
  const [shortest] = [...infos.get(command)!.keys].sort((one, other) => one.length - other.length);
  return <kbd>{shortest}</kbd>;
};

/** How a key is written for screen readers (WAI-ARIA 1.2, aria-keyshortcuts). */
const shortcut = (key: string): string => key.replace('Ctrl', 'Control');

/** A button that does what a key does, and tells the key. */
export function CommandButton({
  app,
  command,
  children,
  kind = 'plain',
  isPressed,
  isDisabled = false,
}: {
  readonly app: App;
  readonly command: PageCommand;
  readonly children: ComponentChildren;
  readonly kind?: 'plain' | 'primary' | 'tool';
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
}) {
  const info = infos.get(command)!;
  return (
    <button
      type="button"
      class={`command ${kind}`}
      title={info.what}
      aria-keyshortcuts={info.keys.map(shortcut).join(' ')}
      {...(isPressed !== undefined && { 'aria-pressed': isPressed })}
      disabled={isDisabled}
      data-command={command}
      onClick={(event) => {
        app.effort.note(true);
        doCommand(app, command);
        // After a click with the mouse the keys go on working on the image.
        if (event.detail > 0) app.focusCanvas();
      }}
    >
      <Icon name={command} />
      <span class="words">{children}</span>
      <KeyHints command={command} />
    </button>
  );
}
