import { useState } from 'preact/hooks';
import type { TrainRound } from '../../annotate/protocol/messages.js';
import type { App } from '../app.js';
import { exportAs, stopTraining, train } from '../work/ask-model.js';

/** px of the chart of the rounds. */
const chart = { width: 240, height: 72, margin: 8 } as const;

/** Training, and what it has brought. */
export function ModelPanel({ app }: { readonly app: App }) {
  const status = app.training.value;
  const { canTrain, readOnly } = app.session.value;
  const isRunning = status?.state === 'running';
  const { minutes } = app.settings.value;
  const rounds = status?.rounds ?? [];
  if (!canTrain && rounds.length === 0) return null;
  return (
    <section class="card" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      {canTrain && !isRunning && (
        <div class="line">
          <label class="number">
            <span>Minutes</span>
            <input
              type="number"
              min={1}
              max={600}
              value={minutes}
              onChange={(event) => {
                const given = Math.round(Number(event.currentTarget.value));
                app.set({ minutes: Math.min(600, Math.max(1, given || 1)) });
              }}
            />
          </label>
          <button
            type="button"
            class="command primary"
            id="train"
            disabled={readOnly}
            title="The model learns from all reviewed regions"
            onClick={() => void train(app)}
          >
            <span class="words">Train</span>
          </button>
        </div>
      )}
      {status && status.state !== 'idle' && (
        <div class="training">
          <p class={status.state === 'failed' ? 'bad' : 'quiet'} id="training-message">
            {status.message}
          </p>
          {isRunning && (
            <>
              <progress value={status.progress} max={1} aria-label="Progress of the training" />
              <button type="button" class="command" onClick={() => void stopTraining(app)}>
                <span class="words">Stop the training</span>
              </button>
            </>
          )}
        </div>
      )}
      {rounds.length > 0 && <Rounds rounds={rounds} />}
    </section>
  );
}

const score = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** Score before and after each round, and the work that it took. */
function Rounds({ rounds }: { readonly rounds: readonly TrainRound[] }) {
  const points = rounds.flatMap(({ round, after }) => (after === null ? [] : [{ round, after }]));
  return (
    <>
      {points.length > 1 && <RoundsChart points={points} />}
      <table class="rounds">
        <caption class="hidden">Rounds of training</caption>
        <thead>
          <tr>
            <th scope="col">Round</th>
            <th scope="col">Min</th>
            <th scope="col">Nuclei</th>
            <th scope="col">Clicks</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {rounds.map(({ round, minutes, nuclei, clicks, before, after, isTaken }) => (
            <tr key={round} title={isTaken ? '' : 'Its model is worse, and does not answer'}>
              <th scope="row">{round}</th>
              <td>{minutes.toFixed(minutes < 10 ? 1 : 0)}</td>
              <td>{nuclei}</td>
              <td>{clicks}</td>
              <td>{score(before)}</td>
              <td>
                {score(after)}
                {!isTaken && ' (not taken)'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rounds.every(({ after }) => after === null) && (
        <p class="quiet">There is no score yet: review the control images of the queue.</p>
      )}
    </>
  );
}

function RoundsChart({
  points,
}: {
  readonly points: readonly { readonly round: number; readonly after: number }[];
}) {
  const { width, height, margin } = chart;
  const values = points.map(({ after }) => after);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const range = Math.max(high - low, 0.01);
  const places = points.map(({ after }, index) => ({
    x: margin + (index / (points.length - 1)) * (width - 2 * margin),
    y: height - margin - ((after - low) / range) * (height - 2 * margin),
  }));
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Score after each round: ${values.map(score).join(', ')}`}
    >
      <polyline points={places.map(({ x, y }) => `${x},${y}`).join(' ')} />
      {places.map(({ x, y }, index) => (
        <circle key={index} cx={x} cy={y} r={3} />
      ))}
    </svg>
  );
}

/** Files for other programs. */
export function ExportPanel({ app }: { readonly app: App }) {
  const { exportFormats } = app.session.value;
  const [format, setFormat] = useState(exportFormats[0] ?? '');
  const exported = app.exported.value;
  if (exportFormats.length === 0) return null;
  return (
    <section class="card" aria-labelledby="export-title">
      <h2 id="export-title">Export</h2>
      <div class="line">
        <label class="number">
          <span class="hidden">Format</span>
          <select value={format} onChange={(event) => setFormat(event.currentTarget.value)}>
            {exportFormats.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="command" id="export" onClick={() => void exportAs(app, format)}>
          <span class="words">Export</span>
        </button>
      </div>
      {exported && (
        <p class="quiet" id="exported">
          {exported.nuclei} nuclei of {exported.images} images are in <code>{exported.folder}</code>
        </p>
      )}
    </section>
  );
}
