import { readPlainTextSync } from '../../plain-file.js';
import { measureInstances } from '../geometry/label-image.js';
import { type Box, boxAt, boxIou } from '../geometry/box.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Example } from '../read/example.js';
import type { DetectorBoxes } from './batch-maker.js';

/**
 * Reads boxes that a detector found. The file is JSON: an object with a list of `[x1, y1, x2, y2]`, px of the image, for
 * each image id. The boxes should come from networks that were not trained on these images. Each nucleus gets the box with
 * the highest IoU with its own box.
 *
 * @param examples Examples that are not in the file keep their true boxes. Other images in the file are ignored.
 * @param minIou Least IoU between a box and the nucleus's own box.
 * @throws {NucleateError} Exit code 3 if the file cannot be read, has another format, or has none of the images.
 */
export function readDetectedBoxes(path: string, examples: readonly Example[], minIou: number): DetectorBoxes {
  const found = readBoxes(path);
  const known = examples.filter(({ id }) => Object.hasOwn(found, id));
  if (known.length === 0) throw boxesError(path, 'The file has no boxes of the training images.');
  return Object.fromEntries(
    known.map(({ id, labelImage, instanceCount }) => {
      const { boxes } = measureInstances(labelImage, instanceCount);
      const matched = new Float32Array(boxes.length).fill(NaN);
      for (let k = 0; k < instanceCount; k++) {
        const best = bestBox(boxAt(boxes, k), found[id]!, minIou);
        if (best) matched.set(best, 4 * k);
      }
      return [id, matched];
    }),
  );
}

/** A box in the file: x1, y1, x2, y2. */
type Corners = readonly [number, number, number, number];

/** The box with the highest IoU, the first of equal ones; undefined if none reaches `minIou`. */
function bestBox(truth: Box, boxes: readonly Corners[], minIou: number): Corners | undefined {
  let best: Corners | undefined;
  let highest = 0;
  for (const box of boxes) {
    const [x1, y1, x2, y2] = box;
    const iou = boxIou(truth, { x1, y1, x2, y2 });
    if (iou < minIou || iou <= highest) continue;
    highest = iou;
    best = box;
  }
  return best;
}

function readBoxes(path: string): Record<string, Corners[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readPlainTextSync(path));
  } catch (cause) {
    throw boxesError(path, `The file with boxes cannot be read: ${(cause as Error).message}.`, cause);
  }
  if (!isRecord(parsed))
    throw boxesError(path, 'The file is not an object with a list of boxes for each image.');
  for (const [id, boxes] of Object.entries(parsed)) {
    if (!Array.isArray(boxes) || !boxes.every(isBox))
      throw boxesError(path, `Not every box of ${id} is [x1, y1, x2, y2] with x1 < x2 and y1 < y2.`);
  }
  return parsed as Record<string, Corners[]>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isBox(value: unknown): value is Corners {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite)) return false;
  const [x1, y1, x2, y2] = value as [number, number, number, number];
  return x1 < x2 && y1 < y2;
}

const boxesError = (path: string, what: string, cause?: unknown) =>
  new NucleateError(
    {
      what,
      where: path,
      hint: 'Give a file of `nucleate model boxes`: {"<image id>": [[x1, y1, x2, y2], ...], ...}.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
