/**
 * How quick the annotation page is, in headless Chromium with the real server.
 *
 *   npm run bench -- annotate [--side 2048] [--nuclei 5000] [--edits 20] [--boxes 6] [--port 0]
 *
 * An image of discs is made and its nuclei are put into the log by requests. Measured: opening, frames of a second while
 * the view pans and zooms, an edit from the press to the acknowledgement of the server, which has flushed it to the disk,
 * and a box from the press to the mask of the bundled model; of boxes, the first is left out. The goals of 2,048 x 2,048 px
 * with 5,000 nuclei: 50 frames a second, 50 ms, 300 ms; of `--side 8192 --nuclei 50000`: that it opens and can be edited.
 * Needs Chromium. Other load on the machine slows all of it.
 */
import { chromium as playwright } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { EventDraft } from '../src/annotate/protocol/event.js';
import { patchOfValues, unchanged } from '../src/annotate/protocol/patch.js';
import { exitCodes, NucleateError } from '../src/errors.js';
import { textTable } from '../src/report/text-table.js';
import { startServer } from '../test/annotate-page/browser/annotate-server.js';
import { chromium } from '../test/helpers/browser.js';

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '2048' },
    nuclei: { type: 'string', default: '5000' },
    edits: { type: 'string', default: '20' },
    boxes: { type: 'string', default: '6' },
  },
});
const [side, nuclei, edits, boxes] = [values.side, values.nuclei, values.edits, values.boxes].map(Number) as [
  ...[number, number, number, number],
];
if (chromium === undefined)
  throw new NucleateError({
    what: 'Chromium is not installed.',
    hint: 'On Debian: apt-get install chromium',
    exitCode: exitCodes.environment,
  });

/** px between the centres of discs, and their radius: a quarter of the image is nuclei. */
const columns = Math.ceil(Math.sqrt(nuclei));
const pitch = Math.floor(side / columns);
const radius = Math.floor(pitch * 0.36);

const isInDisc = (x: number, y: number) =>
  (x - (Math.floor(x / pitch) + 0.5) * pitch) ** 2 + (y - (Math.floor(y / pitch) + 0.5) * pitch) ** 2 <
  radius ** 2;

/** Number of the nucleus at a pixel, from 1; 0 for background. */
function labelAt(x: number, y: number): number {
  const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
  const label = row * columns + column + 1;
  return column < columns && label <= nuclei && isInDisc(x, y) ? label : 0;
}

/** The nuclei of a few rows of discs as one event: together they are too much for one request. */
function* events(): Generator<Omit<EventDraft, 'prev'>> {
  const rowsAtOnce = Math.max(1, Math.floor(2000 / columns));
  for (let first = 0; first * columns < nuclei; first += rowsAtOnce) {
    const rect = {
      x: 0,
      y: first * pitch,
      width: side,
      height: Math.min(rowsAtOnce * pitch, side - first * pitch),
    };
    const labels = new Int32Array(rect.width * rect.height).fill(unchanged);
    const found = new Set<number>();
    for (let y = 0; y < rect.height; y++) {
      for (let x = 0; x < side; x++) {
        const label = labelAt(x, rect.y + y);
        if (label === 0) continue;
        labels[y * side + x] = label;
        found.add(label);
      }
    }
    const objects = [...found].map((id) => ({ id, state: 'accepted', source: 'manual' }) as const);
    yield {
      ...{ op: 'lasso', source: 'manual', patch: patchOfValues(rect, labels), objects },
      ...{ uuid: randomUUID(), session: randomUUID(), ms: 0 },
    };
  }
}

/** What the measurements need of the page; see src/annotate-page/app.ts. */
interface App {
  readonly client: {
    readonly value?: {
      do(body: object, effort: object): string | undefined;
      flush(): Promise<void>;
      readonly editor: { readonly state: { readonly nextId: number } };
    };
  };
  readonly opening: { readonly value: unknown };
  readonly api: { post(path: string, body: object): Promise<{ ok: boolean }> };
  readonly viewer: { camera: { scale: number; x: number; y: number }; onFrame: (took: number) => void };
}

const median = (list: readonly number[]) => [...list].sort((one, other) => one - other)[list.length >> 1]!;

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-bench-annotate-'));
const data = new Uint8Array(side * side);
for (let at = 0; at < data.length; at++)
  data[at] = isInDisc(at % side, Math.floor(at / side)) ? 150 + ((at * 7) % 60) : 20 + ((at * 13) % 15);
// TIFF, since larger PNGs than 67 megapixels are not read.
await sharp(data, { raw: { width: side, height: side, channels: 1 }, limitInputPixels: false })
  .toColourspace('b-w')
  .tiff({ compression: 'deflate', tile: true })
  .toFile(path.join(folder, 'image.tif'));
const server = await startServer(folder);
const browser = await playwright.launch({ executablePath: chromium, args: ['--no-sandbox'] });
try {
  const { origin, hash } = new URL(server.link);
  let prev = 0;
  for (const event of events()) {
    const response = await fetch(`${origin}/api/images/0/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${hash.slice(1)}` },
      body: JSON.stringify({ ...event, prev }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    prev = ((await response.json()) as { seq: number }).seq;
  }
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  // tsx names functions by a helper that pages do not have.
  await page.addInitScript('globalThis.__name = (named) => named');
  const start = performance.now();
  await page.goto(server.link);
  await page.waitForFunction(
    () => {
      const app = (globalThis as unknown as { nucleate?: App }).nucleate;
      return app?.client.value !== undefined && app.opening.value === 'idle';
    },
    null,
    { timeout: 300_000 },
  );
  const opened = performance.now() - start;

  const moved = await page.evaluate(async (width) => {
    const { nucleate: app, requestAnimationFrame: next } = globalThis as unknown as {
      nucleate: App;
      requestAnimationFrame: (done: (time: number) => void) => void;
    };
    const frames: number[] = [];
    const draws: number[] = [];
    app.viewer.onFrame = (took) => draws.push(took);
    const { scale } = app.viewer.camera;
    // Two seconds of 60 frames: zooms in to four times the whole, and goes along a circle.
    await new Promise<void>((resolve) => {
      let frame = 0;
      const step = (time: number) => {
        frames.push(time);
        if (frame++ >= 120) return resolve();
        const part = frame / 120;
        const zoom = scale * (1 + 3 * Math.sin(Math.PI * part));
        app.viewer.camera = {
          scale: zoom,
          x: width * (0.3 + 0.2 * Math.cos(2 * Math.PI * part)),
          y: width * (0.3 + 0.2 * Math.sin(2 * Math.PI * part)),
        };
        next(step);
      };
      next(step);
    });
    return { rate: (1000 * (frames.length - 1)) / (frames.at(-1)! - frames[0]!), draws };
  }, side);

  const saved = await page.evaluate(
    async ([count, size]) => {
      const { nucleate: app } = globalThis as unknown as { nucleate: App };
      const times: number[] = [];
      for (let edit = 0; edit < count!; edit++) {
        const client = app.client.value!;
        const id = client.editor.state.nextId;
        // A spot of 6 x 6 px at another place each time, between the discs or on one.
        const [x, y] = [(edit * 97) % (size! - 8), (edit * 61) % (size! - 8)];
        const start = performance.now();
        const refusal = client.do(
          {
            op: 'brush',
            source: 'manual',
            patch: { x, y, width: 6, height: 6, runs: [id, 36] },
            objects: [{ id, state: 'accepted', source: 'manual' }],
          },
          { ms: 0, clicks: 1 },
        );
        if (refusal !== undefined) throw new Error(refusal);
        // Sending begins after the browser has kept the edit.
        while ((client as unknown as { unsavedCount: number }).unsavedCount > 0)
          await new Promise((resolve) => setTimeout(resolve, 1));
        times.push(performance.now() - start);
      }
      return times;
    },
    [edits, side],
  );

  const masks = await page.evaluate(
    async ([count, step, size]) => {
      const { nucleate: app } = globalThis as unknown as { nucleate: App };
      const times: number[] = [];
      for (let box = 0; box <= count!; box++) {
        const at = step! * ((3 * box + 2) % Math.floor(size! / step!));
        const start = performance.now();
        const answer = await app.api.post('/api/images/0/segment', {
          box: { x1: at, y1: at, x2: at + step!, y2: at + step! },
        });
        if (!answer.ok) throw new Error('No mask.');
        times.push(performance.now() - start);
      }
      return times.slice(1);
    },
    [boxes, pitch, side],
  );
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const rows = [
    ['opened', ms(opened)],
    ['frames in a second', moved.rate.toFixed(1)],
    ['drawing a frame, median', `${median(moved.draws).toFixed(1)} ms`],
    ['an edit, median', ms(median(saved))],
    ['a box, median', ms(median(masks))],
  ];
  process.stdout.write(
    `${side} x ${side} px, ${nuclei} nuclei; ${availableParallelism()} processors, load ${loadavg()[0]!.toFixed(1)}\n\n`,
  );
  process.stdout.write(`${textTable([['', ''], ...rows])}\n`);
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
