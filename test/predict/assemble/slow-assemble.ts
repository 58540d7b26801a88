/** What src/predict/assemble does, with sets of pixels and no thought of speed. */
import type { AssembleSettings } from '../../../src/config/assemble.js';
import { pasteCandidate, type Candidate } from '../../../src/predict/assemble/candidate.js';
import type { Instance } from '../../../src/predict/assemble/segmentation.js';

interface Nucleus {
  readonly score: number;
  readonly box: Candidate['box'];
  /** Probability, 0 to 255, of each pixel of the mask, by `x,y`. */
  readonly mask: ReadonlyMap<string, number>;
  own: Set<string>;
}

const at = (x: number, y: number) => `${x},${y}`;
const xy = (pixel: string) => pixel.split(',').map(Number) as [number, number];
const besides = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];
const around = [...besides, [1, 1], [1, -1], [-1, 1], [-1, -1]];
const shifted = (pixel: string, [dx, dy]: number[]) => at(xy(pixel)[0] + dx!, xy(pixel)[1] + dy!);

export function slowAssemble(
  { width, height }: { width: number; height: number },
  candidates: readonly Candidate[],
  settings: AssembleSettings,
) {
  const isInImage = (pixel: string) => {
    const [x, y] = xy(pixel);
    return x >= 0 && x < width && y >= 0 && y < height;
  };
  const nuclei = candidates
    .flatMap((candidate) => nucleusOf(candidate, { width, height }, settings) ?? [])
    .sort(order);
  const kept: Nucleus[] = [];
  const ownerOf = (pixel: string) => kept.find(({ own }) => own.has(pixel));
  for (const nucleus of nuclei) {
    if (kept.some((rival) => likeness(nucleus, rival, settings) > settings.nmsThreshold)) continue;
    const won = [...nucleus.mask.keys()].filter((pixel) => {
      const owner = ownerOf(pixel);
      if (!owner) return true;
      return settings.overlap === 'probability' && nucleus.mask.get(pixel)! > owner.mask.get(pixel)!;
    });
    if (won.length === 0 || nucleus.mask.size - won.length > settings.maxLost * nucleus.mask.size) continue;
    for (const pixel of won) ownerOf(pixel)?.own.delete(pixel);
    nucleus.own = new Set(won);
    kept.push(nucleus);
  }
  const keepLargest = () => {
    if (settings.pieces === 'all') return;
    for (const nucleus of kept) nucleus.own = largestPiece(nucleus.own);
  };
  keepLargest();
  if (settings.fillHoles) {
    for (const nucleus of kept) {
      for (const pixel of holes(nucleus.own, width, height)) if (!ownerOf(pixel)) nucleus.own.add(pixel);
    }
  }
  for (let step = 1; step <= Math.abs(settings.dilation); step++) {
    const near = step % 2 === 0 ? around : besides;
    for (const nucleus of kept) {
      if (settings.dilation > 0) {
        const reached = [...nucleus.own].flatMap((pixel) => near.map((move) => shifted(pixel, move)));
        for (const pixel of reached) if (isInImage(pixel) && !ownerOf(pixel)) nucleus.own.add(pixel);
      } else {
        const stays = (pixel: string) =>
          near
            .map((move) => shifted(pixel, move))
            .every((other) => !isInImage(other) || nucleus.own.has(other));
        nucleus.own = new Set([...nucleus.own].filter(stays));
      }
    }
  }
  if (settings.dilation < 0) keepLargest();
  const labels = new Int32Array(width * height);
  const instances: Instance[] = [];
  for (const { own, score } of kept) {
    if (own.size < settings.minArea || own.size > (settings.maxArea ?? Infinity)) continue;
    const isAtBorder = [...own]
      .map(xy)
      .some(([x, y]) => x === 0 || y === 0 || x === width - 1 || y === height - 1);
    if (settings.border === 'drop' && isAtBorder) continue;
    const label = instances.length + 1;
    const [xs, ys] = [0, 1].map((axis) => [...own].map((pixel) => xy(pixel)[axis]!)) as [number[], number[]];
    const box = {
      ...{ x1: Math.min(...xs), y1: Math.min(...ys) },
      ...{ x2: Math.max(...xs) + 1, y2: Math.max(...ys) + 1 },
    };
    for (const pixel of own) labels[xy(pixel)[1] * width + xy(pixel)[0]] = label;
    instances.push({ label, score, box, area: own.size });
  }
  return { labelImage: { width, height, labels }, instances };
}

function nucleusOf(
  candidate: Candidate,
  image: { width: number; height: number },
  { scoreThreshold, scoreBy, borderWeight, maskThreshold, maxArea }: AssembleSettings,
): (Nucleus & { readonly detection: number }) | undefined {
  const { x: left, y: top, width, body, border } = pasteCandidate(candidate, image);
  const mask = new Map<string, number>();
  body.forEach((value, index) => {
    const sum =
      borderWeight === 0 ? value : Math.min(255, Math.round(value + borderWeight * border![index]!));
    if (sum > 0 && sum / 255 >= maskThreshold) {
      mask.set(at(left + (index % width), top + Math.floor(index / width)), sum);
    }
  });
  if (mask.size === 0 || mask.size > (maxArea ?? Infinity)) return undefined;
  const total = [...mask.values()].reduce((sum, value) => sum + value, 0);
  const score = scoreBy === 'product' ? (candidate.score * total) / (255 * mask.size) : candidate.score;
  if (score < scoreThreshold) return undefined;
  return { score, detection: candidate.score, box: candidate.box, mask, own: new Set() };
}

function order(one: Nucleus & { detection: number }, other: Nucleus & { detection: number }): number {
  const sides = ['y1', 'x1', 'y2', 'x2'] as const;
  const side = sides.find((name) => one.box[name] !== other.box[name]);
  return (
    other.score - one.score ||
    other.detection - one.detection ||
    (side ? one.box[side] - other.box[side] : 0) ||
    other.mask.size - one.mask.size
  );
}

function likeness(one: Nucleus, other: Nucleus, { nms }: AssembleSettings): number {
  if (nms === 'mask') {
    const shared = [...one.mask.keys()].filter((pixel) => other.mask.has(pixel)).length;
    return shared / (one.mask.size + other.mask.size - shared);
  }
  const [a, b] = [one.box, other.box];
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const shared = width * height;
  if (shared === 0) return 0;
  return shared / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - shared);
}

function reach(pixels: ReadonlySet<string>, start: string, moves: number[][]): Set<string> {
  const reached = new Set([start]);
  for (const pixel of reached) {
    for (const move of moves) if (pixels.has(shifted(pixel, move))) reached.add(shifted(pixel, move));
  }
  return reached;
}

function largestPiece(pixels: Set<string>): Set<string> {
  let largest = new Set<string>();
  const inReadingOrder = [...pixels].sort((one, other) => {
    const [[x, y], [u, v]] = [xy(one), xy(other)];
    return y - v || x - u;
  });
  for (const pixel of inReadingOrder) {
    const piece = reach(pixels, pixel, around);
    if (piece.size > largest.size) largest = piece;
  }
  return largest;
}

function holes(pixels: ReadonlySet<string>, width: number, height: number): string[] {
  const others = new Set<string>();
  for (let y = -1; y <= height; y++) {
    for (let x = -1; x <= width; x++) if (!pixels.has(at(x, y))) others.add(at(x, y));
  }
  const outside = reach(others, at(-1, -1), besides);
  return [...others].filter((pixel) => !outside.has(pixel));
}
