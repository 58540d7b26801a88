import { measureInstances } from '../geometry/label-image.js';
import { type Box, boxAt } from '../geometry/box.js';
import type { Random } from '../../random.js';
import { highestLabel, type Sample } from './sample.js';

/** Places that are tried per nucleus to paste. */
const tries = 10;

/**
 * Pastes flipped and turned copies of nuclei of the sample onto its free background, as new labels after the old ones.
 *
 * Only nuclei that are completely inside the sample are copied. A copy covers no nucleus and no ignored pixel, so there may
 * be fewer than `count` copies, or none. Copies are within `area` (px), which keeps them out of the padding. Pixels on the
 * outline of a copy are the mean of copy and background, for a soft seam.
 *
 * Source: first place of the 2018 Data Science Bowl (selim/datasets/dsb_binary.py), which blurs the seam instead.
 */
export function pasteNuclei(
  sample: Sample,
  { count, area }: { readonly count: number; readonly area: Box },
  random: Random,
): Sample {
  const { width, height, channels } = sample;
  const present = highestLabel(sample.labels);
  const { boxes } = measureInstances(sample, present);
  const inside = Array.from({ length: present }, (_, k) => k + 1).filter((label) => {
    const { x1, y1, x2, y2 } = boxAt(boxes, label - 1);
    return x1 > 0 && y1 > 0 && x2 < width && y2 < height;
  });
  if (inside.length === 0) return sample;

  const pasted = { ...sample, pixels: sample.pixels.slice(), labels: sample.labels.slice() };
  let next = present + 1;
  for (let attempt = 0; attempt < count * tries && next <= present + count; attempt++) {
    const label = inside[random.integer(inside.length)]!;
    const moves = drawMoves(sample, label, boxAt(boxes, label - 1), area, random);
    if (!moves?.every(({ to }) => pasted.labels[to] === 0 && sample.ignore[to] === 0)) continue;
    for (const { from, to, weight } of moves) {
      pasted.labels[to] = next;
      for (let c = 0; c < channels; c++) {
        const at = to * channels + c;
        pasted.pixels[at] = weight * sample.pixels[from * channels + c]! + (1 - weight) * pasted.pixels[at]!;
      }
    }
    next++;
  }
  return pasted;
}

/** Where each pixel of a nucleus is copied to; undefined if the turned box is larger than the area. */
function drawMoves(
  { width, labels }: Sample,
  label: number,
  { x1, y1, x2, y2 }: Box,
  area: Box,
  random: Random,
) {
  const [flip, transpose, mirror] = [
    random.integer(2) === 1,
    random.integer(2) === 1,
    random.integer(2) === 1,
  ];
  const size = transpose ? { x: y2 - y1, y: x2 - x1 } : { x: x2 - x1, y: y2 - y1 };
  const free = { x: area.x2 - area.x1 - size.x, y: area.y2 - area.y1 - size.y };
  if (free.x < 0 || free.y < 0) return undefined;
  const left = area.x1 + random.integer(free.x + 1);
  const top = area.y1 + random.integer(free.y + 1);
  const moves: { from: number; to: number; weight: number }[] = [];
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const from = y * width + x;
      if (labels[from] !== label) continue;
      const [u, v] = [flip ? x2 - 1 - x : x - x1, mirror ? y2 - 1 - y : y - y1];
      const to = (top + (transpose ? u : v)) * width + left + (transpose ? v : u);
      // Every pixel of a nucleus that is completely inside has four neighbours.
      const isInner = [1, -1, width, -width].every((step) => labels[from + step] === label);
      moves.push({ from, to, weight: isInner ? 1 : 0.5 });
    }
  }
  return moves;
}
