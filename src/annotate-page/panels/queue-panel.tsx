import { useEffect, useRef } from 'preact/hooks';
import type { QueueItem } from '../../annotate/protocol/messages.js';
import type { App } from '../app.js';

const stateWords = { new: 'new', started: 'started', reviewed: 'reviewed', skipped: 'skipped' } as const;

/** The images and regions, in the order in which they should be looked at. */
export function QueuePanel({ app }: { readonly app: App }) {
  const queue = app.queue.value;
  const items = queue?.items ?? [];
  const done = items.filter(({ state }) => state === 'reviewed').length;
  return (
    <nav class="queue" aria-label="Queue of images">
      <div class="panel-head">
        <h2>Queue</h2>
        <span class="quiet">
          {done} of {items.length} reviewed
        </span>
      </div>
      <progress value={done} max={Math.max(1, items.length)} aria-label="Reviewed regions" />
      {queue && (
        <p class="quiet order">
          {queue.strategy === 'random'
            ? 'In random order, of every kind alike'
            : 'Doubtful ones first, a fifth at random'}
        </p>
      )}
      <ol>
        {items.map((item, index) => (
          <QueueRow key={index} app={app} item={item} index={index} />
        ))}
      </ol>
    </nav>
  );
}

function QueueRow({
  app,
  item,
  index,
}: {
  readonly app: App;
  readonly item: QueueItem;
  readonly index: number;
}) {
  const isOpen = app.at.value === index;
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isOpen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);
  const { name, region, state, stratum, isControl } = item;
  return (
    <li>
      <button
        ref={row}
        type="button"
        class={`row ${state}`}
        aria-current={isOpen ? 'true' : undefined}
        title={name}
        onClick={(event) => {
          void app.open(index);
          if (event.detail > 0) app.focusCanvas();
        }}
      >
        <span class="dot" aria-hidden="true" />
        <span class="name">{name}</span>
        <span class="detail">
          {stateWords[state]}
          {region && ` · ${region.width} × ${region.height} at ${region.x}, ${region.y}`}
          {stratum && ` · ${stratum}`}
          {isControl && ' · control'}
        </span>
      </button>
    </li>
  );
}
