import type { App } from '../app.js';
import type { Channel } from '../channel-settings.js';
import { KeyHints } from './command-button.js';

/** How the image and the nuclei are shown. */
export function ViewPanel({ app }: { readonly app: App }) {
  const { isInverted, fitsContrast, gamma, fill, hasOutlines } = app.settings.value;
  const channels = app.channels.list.value;
  return (
    <section class="card" aria-labelledby="view-title">
      <h2 id="view-title">View</h2>
      {channels.map((channel, index) => (
        <ChannelRow key={index} app={app} channel={channel} index={index} />
      ))}
      <label class="check">
        <input type="checkbox" checked={fitsContrast} onInput={() => app.fitContrast(!fitsContrast)} />
        <span>Fit contrast</span>
        <KeyHints command="contrast" />
      </label>
      <label class="check">
        <input type="checkbox" checked={isInverted} onInput={() => app.set({ isInverted: !isInverted })} />
        <span>Invert</span>
        <KeyHints command="invert" />
      </label>
      <label class="slider">
        <span>Brightness of dark parts</span>
        <span class="quiet">{gamma.toFixed(2)}</span>
        <input
          type="range"
          min={0.4}
          max={3}
          step={0.05}
          value={gamma}
          onInput={(event) => app.set({ gamma: Number(event.currentTarget.value) })}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={app.hidesMasks.value}
          onInput={() => app.hideMasks(!app.hidesMasks.value)}
        />
        <span>Hide nuclei</span>
        <KeyHints command="hide" />
      </label>
      <label class="check">
        <input type="checkbox" checked={hasOutlines} onInput={() => app.set({ hasOutlines: !hasOutlines })} />
        <span>Outlines</span>
      </label>
      <label class="slider">
        <span>Fill</span>
        <span class="quiet">{Math.round(100 * fill)} %</span>
        <input
          type="range"
          min={0}
          max={0.8}
          step={0.02}
          value={fill}
          onInput={(event) => app.set({ fill: Number(event.currentTarget.value) })}
        />
      </label>
    </section>
  );
}

function ChannelRow({
  app,
  channel,
  index,
}: {
  readonly app: App;
  readonly channel: Channel;
  readonly index: number;
}) {
  const { name, colour, isShown, black, white, min, max } = channel;
  const set = (change: Partial<Channel>) => app.channels.set(index, change);
  const bottom = Math.min(min, 0);
  const top = Math.max(max, 1);
  return (
    <fieldset class="channel">
      <legend class="hidden">Channel {name}</legend>
      <label class="check">
        <input type="checkbox" checked={isShown} onInput={() => set({ isShown: !isShown })} />
        <span>{name}</span>
        {index < 4 && <kbd>{index + 1}</kbd>}
      </label>
      <input
        type="color"
        value={colour}
        aria-label={`Colour of ${name}`}
        onInput={(event) => set({ colour: event.currentTarget.value })}
      />
      <input
        type="range"
        min={bottom}
        max={top}
        value={black}
        aria-label={`Black point of ${name}`}
        onInput={(event) => set({ black: Math.min(Number(event.currentTarget.value), white - 1) })}
      />
      <input
        type="range"
        min={bottom}
        max={top}
        value={white}
        aria-label={`White point of ${name}`}
        onInput={(event) => set({ white: Math.max(Number(event.currentTarget.value), black + 1) })}
      />
    </fieldset>
  );
}
