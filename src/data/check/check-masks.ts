import type { AnnotatedImage } from '../read/example.js';
import { areaOf, boxOf, type Mask } from '../geometry/mask.js';
import { componentsOf, speckArea } from '../geometry/components.js';
import type { Finding, FindingKind } from './finding.js';

/** Fraction of the image: three times that of the largest nucleus of the 2018 Data Science Bowl (8.4 %). */
const fullFraction = 0.25;

/**
 * Longer side of a box over its shorter side. Of the 29,461 nuclei of the 2018 Data Science Bowl 26 are as thin. The
 * corrected dataset keeps 5 of them; it removed 20 masks, 17 of them slivers.
 */
const sliverRatio = 12;

/** Finds what is wrong with the masks of one image. Changes nothing. */
export function checkMasks({ id, origin, image, masks }: AnnotatedImage): Finding[] {
  const { width, height } = image;
  const findings: Finding[] = [];
  const warn = (kind: FindingKind, mask: Mask | undefined, what: string, hint: string, numbers = {}) => {
    const box = mask && boxOf(mask, width);
    findings.push({
      kind,
      severity: 'warning',
      image: id,
      what,
      hint,
      numbers,
      ...(origin === undefined ? {} : { where: origin }),
      ...(mask ? { mask: mask.name } : {}),
      ...(box ? { box } : {}),
    });
  };
  if (masks.length === 0)
    warn('no-nuclei', undefined, 'The image has no nuclei.', 'Check that this is correct.');
  const byPixels = new Map<string, Mask>();
  const copies = new Set<Mask>();
  const blurred: Mask[] = [];
  for (const mask of masks) {
    const area = areaOf(mask);
    if (area === 0) {
      warn('empty-mask', mask, `The mask ${mask.name} has no pixels.`, 'Remove or redraw it.');
      continue;
    }
    const pixels = Buffer.from(mask.runs.buffer, mask.runs.byteOffset, mask.runs.byteLength).toString(
      'latin1',
    );
    const twin = byPixels.get(pixels);
    if (twin) {
      copies.add(mask);
      warn(
        'duplicate-mask',
        mask,
        `The mask ${mask.name} has the same pixels as ${twin.name}.`,
        'Remove one of the two.',
        {
          area,
        },
      );
      continue;
    }
    byPixels.set(pixels, mask);
    const { pieces, holes } = componentsOf(mask, width);
    const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0);
    if (pieces.length > 1) {
      const what = `The mask ${mask.name} has ${pieces.length} pieces (${pieces.join(', ')} px).`;
      warn('pieces', mask, what, 'Remove stray pixels, or make one mask per nucleus.', {
        area,
        pieces: pieces.length,
        smallest: pieces.at(-1)!,
      });
    }
    if (holes.length > 0) {
      const what = `The mask ${mask.name} has ${plural(holes.length, 'hole')} (${holes.join(', ')} px).`;
      warn('holes', mask, what, 'Fill the holes, unless the nucleus is a ring.', { area, holes: sum(holes) });
    }
    if (area < speckArea) {
      const what = `The mask ${mask.name} has ${plural(area, 'pixel')}.`;
      warn('speck', mask, what, 'Remove it, unless it is a nucleus.', { area });
    }
    const box = boxOf(mask, width)!;
    const sides = [box.x2 - box.x1, box.y2 - box.y1].sort((one, other) => one - other);
    if (sides[1]! >= sliverRatio * sides[0]!) {
      const what = `The mask ${mask.name} is as thin as a line: ${sides[1]} x ${sides[0]} px.`;
      warn('sliver', mask, what, 'Remove it, unless it is the edge of a nucleus.', { area });
    }
    if (area >= fullFraction * width * height) {
      const percent = Math.round((100 * area) / (width * height));
      const what = `The mask ${mask.name} covers ${percent} % of the image.`;
      warn('full-mask', mask, what, 'Redraw it (is it inverted?), unless the nucleus is that large.', {
        area,
      });
    }
    if (mask.isBlurred) blurred.push(mask);
  }
  // One finding for all: a folder that was saved as JPEG has only such masks.
  const [first] = blurred;
  if (first) {
    const which =
      blurred.length === 1
        ? `The mask ${first.name} has`
        : `${blurred.length} masks, the first of them ${first.name}, have`;
    const hint = 'Save masks without smoothing: 0 outside, 255 inside.';
    warn('blurred-mask', first, `${which} several grey values besides 0.`, hint, { masks: blurred.length });
  }
  for (const { first, second, shared } of overlapsOf(
    masks.filter((mask) => !copies.has(mask)),
    width * height,
  )) {
    const what = `The masks ${first.name} and ${second.name} overlap by ${plural(shared, 'pixel')}.`;
    warn('overlap', second, what, 'Assign these pixels to one of them.', { shared, area: areaOf(second) });
  }
  return findings;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Pairs of masks with common pixels. Where three overlap, each later one is compared with the first. */
function overlapsOf(masks: readonly Mask[], pixels: number) {
  const owner = new Int32Array(pixels).fill(-1);
  const shared = new Map<string, { first: Mask; second: Mask; shared: number }>();
  for (const [index, second] of masks.entries()) {
    for (let run = 0; run < second.runs.length; run += 2) {
      for (let at = second.runs[run]!, end = at + second.runs[run + 1]!; at < end; at++) {
        if (owner[at] === -1) {
          owner[at] = index;
          continue;
        }
        const key = `${owner[at]} ${index}`;
        const known = shared.get(key) ?? { first: masks[owner[at]!]!, second, shared: 0 };
        shared.set(key, known);
        known.shared++;
      }
    }
  }
  return shared.values();
}
