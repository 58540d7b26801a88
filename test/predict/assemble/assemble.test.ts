import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssembleSettings } from '../../../src/config/assemble.js';
import { assembleInstances, assemblePasted } from '../../../src/predict/assemble/assemble.js';
import { pasteCandidate, type Candidate } from '../../../src/predict/assemble/candidate.js';
import { randomFor } from '../../../src/random.js';
import { candidateOf, drawn, settings } from './candidates.js';
import { slowAssemble } from './slow-assemble.js';

const image = { width: 6, height: 4 };
const left = ['####', '####', '####', '####'];
const right = left;

const assembled = (candidates: Candidate[], changed: Partial<AssembleSettings> = {}, size = image) =>
  assembleInstances(size, candidates, settings(changed));

test('nothing found is an empty label image', () => {
  const { labelImage, instances } = assembled([]);
  expect(labelImage).toEqual({ ...image, labels: new Int32Array(24) });
  expect(instances).toEqual([]);
});

test('the highest-scoring nucleus comes first, with its tightest box and its area', () => {
  const { labelImage, instances } = assembled([
    candidateOf(['##', '#.'], { score: 0.4 }),
    candidateOf(['.#', '##'], { x: 3, y: 1, score: 0.7 }),
    candidateOf(
      ['.', '.'].map((row) => row + row),
      { score: 0.9 },
    ), // without a mask
  ]);
  expect(drawn(labelImage)).toEqual(['22....', '2...1.', '...11.', '......']);
  expect(instances).toEqual([
    { label: 1, score: 0.7, box: { x1: 3, y1: 1, x2: 5, y2: 3 }, area: 3 },
    { label: 2, score: 0.4, box: { x1: 0, y1: 0, x2: 2, y2: 2 }, area: 3 },
  ]);
});

test('scoreThreshold keeps a score that reaches it', () => {
  const candidates = [0.3, 0.5].map((score, index) => candidateOf(['#'], { x: index, score }));
  expect(assembled(candidates, { scoreThreshold: 0.5 }).instances).toHaveLength(1);
  expect(assembled(candidates, { scoreThreshold: 0.3 }).instances).toHaveLength(2);
});

test('scoreBy product multiplies with the mean probability of the mask', () => {
  const candidate = candidateOf(['#d', 'e.'], { score: 0.5 });
  expect(assembled([candidate]).instances[0]!.score).toBe(0.5);
  const [found] = assembled([candidate], { scoreBy: 'product' }).instances;
  expect(found!.score).toBeCloseTo((0.5 * (1 + 0.6)) / 2, 12); // 0.4 is below the mask threshold
  expect(assembled([candidate], { scoreBy: 'product', scoreThreshold: 0.45 }).instances).toEqual([]);
});

test('maskThreshold: a pixel with exactly this probability belongs to the mask', () => {
  const candidate = candidateOf(['ade', '...', '...']);
  expect(drawn(assembled([candidate], { maskThreshold: 0.6 }).labelImage)[0]).toBe('11....');
  expect(drawn(assembled([candidate], { maskThreshold: 0.4 }).labelImage)[0]).toBe('111...');
  expect(drawn(assembled([candidate], { maskThreshold: 0 }).labelImage)[1]).toBe('......'); // 0 is never inside
});

test('borderWeight adds the border to the body or takes it away', () => {
  const candidate = {
    ...candidateOf(['dde', '...', '...']),
    border: candidateOf(['.ee', '...', '...']).body,
  };
  const first = (borderWeight: number) => drawn(assembled([candidate], { borderWeight }).labelImage)[0];
  expect(first(0)).toBe('11....');
  expect(first(1)).toBe('111...'); // 0.4 + 0.4
  expect(first(-0.5)).toBe('1.....'); // 0.6 - 0.5 * 0.4 = 0.4
});

describe('NMS', () => {
  // Masks share 2 of 6 columns, IoU 8 / 24; boxes the same.
  const pair = [candidateOf(left, { score: 0.9 }), candidateOf(right, { x: 2, score: 0.8 })];

  test.each(['mask', 'box'] as const)('by %s drops the less sure one above the threshold', (nms) => {
    expect(assembled(pair, { nms, nmsThreshold: 0.32 }).instances).toHaveLength(1);
    expect(assembled(pair, { nms, nmsThreshold: 8 / 24 }).instances).toHaveLength(2);
  });

  test('predicts the views that are given', () => {
    const inOneBox = [candidateOf(['##', '..'], { score: 0.9 }), candidateOf(['..', '##'], { score: 0.8 })];
    expect(assembled(inOneBox, { nms: 'box', nmsThreshold: 0.5 }).instances).toHaveLength(1);
    expect(assembled(inOneBox, { nms: 'mask', nmsThreshold: 0.5 }).instances).toHaveLength(2);
  });
});

describe('overlaps', () => {
  const sure = candidateOf(['####', 'aded', '....', '....'], { score: 0.9 });
  const probable = candidateOf(['....', '####', '####', '....'], { score: 0.8 });

  test('overlap `score`: the higher-scoring nucleus keeps its pixels', () => {
    const { labelImage } = assembled([probable, sure], { overlap: 'score' });
    expect(drawn(labelImage)).toEqual(['1111..', '1121..', '2222..', '......']);
  });

  test('overlap `probability`: a pixel belongs to the nucleus with the higher probability', () => {
    const { labelImage } = assembled([probable, sure], { overlap: 'probability' });
    expect(drawn(labelImage)).toEqual(['1111..', '2222..', '2222..', '......']);
    const even = assembled([candidateOf(['#'], { score: 0.8 }), candidateOf(['#'], { score: 0.9 })], {
      overlap: 'probability',
    });
    expect(even.instances.map(({ score }) => score)).toEqual([0.9]);
  });

  test('maxLost drops a nucleus that loses too much to higher-scoring ones; a dropped nucleus takes no pixels', () => {
    const candidates = [
      candidateOf(['##..', '##..', '....', '....'], { score: 0.9 }),
      candidateOf(['.##.', '.##.', '....', '....'], { score: 0.8 }), // loses 1/2
      candidateOf(['..##', '..##', '....', '....'], { score: 0.7 }), // would lose 1/2 to the second
    ];
    expect(drawn(assembled(candidates, { maxLost: 0.5 }).labelImage)[0]).toBe('1123..');
    expect(drawn(assembled(candidates, { maxLost: 0.4 }).labelImage)[0]).toBe('1122..');
  });
});

describe('tidying', () => {
  const size = { width: 7, height: 7 };
  const tidied = (rows: string[], changed: Partial<AssembleSettings>) =>
    drawn(assembled([candidateOf(rows)], changed, size).labelImage);

  test('the largest piece stays, pixels that touch at a corner together', () => {
    const rows = ['##...', '..#..', '.....', '#...#', '....#'];
    expect(tidied(rows, { pieces: 'largest' }).slice(0, 5)).toEqual([
      '11.....',
      '..1....',
      '.......',
      '.......',
      '.......',
    ]);
    expect(tidied(rows, { pieces: 'all' }).slice(0, 5)).toEqual([
      '11.....',
      '..1....',
      '.......',
      '1...1..',
      '....1..',
    ]);
    // Of equal pieces the one that begins further up.
    expect(tidied(['.##', '...', '##.'], { pieces: 'largest' }).slice(0, 3)).toEqual([
      '.11....',
      '.......',
      '.......',
    ]);
  });

  test('holes are filled, bays are not', () => {
    const rows = ['###..', '#.###', '###.#', '..###', '.##..'];
    expect(tidied(rows, { fillHoles: true }).slice(0, 5)).toEqual([
      '111....',
      '11111..',
      '11111..',
      '..111..',
      '.11....',
    ]);
    expect(tidied(['.#.', '#.#', '...'], { fillHoles: true })[1]).toBe('1.1....');
  });

  test('a hole that holds another nucleus keeps it', () => {
    const ring = candidateOf(['#####', '#...#', '#...#', '#...#', '#####'], { score: 0.9 });
    const inner = candidateOf(['#'], { x: 2, y: 2, score: 0.8 });
    const { labelImage } = assembled([ring, inner], { fillHoles: true }, { width: 5, height: 5 });
    expect(drawn(labelImage)).toEqual(['11111', '11111', '11211', '11111', '11111']);
  });

  test('dilation grows a point to a diamond, then to an octagon, within the image', () => {
    const grown = (x: number, y: number, dilation: number) =>
      drawn(assembled([candidateOf(['#'], { x, y })], { dilation }, size).labelImage);
    expect(grown(3, 3, 1)).toEqual([
      '.......',
      '.......',
      '...1...',
      '..111..',
      '...1...',
      '.......',
      '.......',
    ]);
    expect(grown(3, 3, 2)).toEqual([
      '.......',
      '..111..',
      '.11111.',
      '.11111.',
      '.11111.',
      '..111..',
      '.......',
    ]);
    expect(grown(0, 6, 1)).toEqual([
      '.......',
      '.......',
      '.......',
      '.......',
      '.......',
      '1......',
      '11.....',
    ]);
  });

  test('dilation never takes pixels from another nucleus; the higher-scoring one takes pixels that both reach', () => {
    const candidates = [
      candidateOf(['#'], { x: 1, y: 1, score: 0.8 }),
      candidateOf(['#'], { x: 3, y: 1, score: 0.9 }),
      candidateOf(['#'], { x: 4, y: 1, score: 0.7 }),
    ];
    const { labelImage, instances } = assembled(candidates, { dilation: 1 }, { width: 6, height: 3 });
    expect(drawn(labelImage)).toEqual(['.2.13.', '221133', '.2.13.']);
    expect(instances.map(({ area, box }) => [area, box.x1, box.x2])).toEqual([
      [4, 2, 4],
      [4, 0, 2],
      [4, 4, 6],
    ]);
  });

  test('negative dilation shrinks, but not from the edge of the image, and keeps the largest piece', () => {
    expect(tidied(['#####', '#####', '#####', '.....', '.....'], { dilation: -1 }).slice(0, 3)).toEqual([
      '1111...',
      '1111...',
      '.......',
    ]);
    const dumbbell = ['######.', '###.###', '###..##', '.......', '.......', '.......', '.......'];
    expect(tidied(dumbbell, { dilation: -1, pieces: 'all' }).slice(0, 3)).toEqual([
      '111.1..',
      '11...1.',
      '.......',
    ]);
    expect(tidied(dumbbell, { dilation: -1, pieces: 'largest' }).slice(0, 3)).toEqual([
      '111....',
      '11.....',
      '.......',
    ]);
  });

  test('minArea: smaller nuclei are dropped, and labels have no gaps', () => {
    const candidates = [candidateOf(['#'], { score: 0.9 }), candidateOf(['##', '..'], { x: 3, score: 0.8 })];
    const { labelImage, instances } = assembled(candidates, { minArea: 2 });
    expect(drawn(labelImage)[0]).toBe('...11.');
    expect(instances).toEqual([{ label: 1, score: 0.8, box: { x1: 3, y1: 0, x2: 5, y2: 1 }, area: 2 }]);
  });

  test('maxArea: larger nuclei are dropped before they push out those that they cover', () => {
    const large = candidateOf(['####', '####', '####', '####'], { score: 0.9 });
    const small = candidateOf(['##', '##'], { x: 1, y: 1, score: 0.5 });
    const areas = (maxArea: number | null) =>
      assembled([large, small], { maxArea, maxLost: 0 }).instances.map(({ area }) => area);
    expect(areas(null)).toEqual([16]);
    expect(areas(16)).toEqual([16]);
    expect(areas(15)).toEqual([4]);
  });

  test('maxArea: also of a nucleus that has become larger with its holes', () => {
    const ring = candidateOf(['###', '#.#', '###'], { score: 0.9 });
    const count = (maxArea: number) => assembled([ring], { fillHoles: true, maxArea }).instances.length;
    expect([count(9), count(8)]).toEqual([1, 0]);
  });

  test('border: nuclei that touch an edge of the image are dropped, and still push out their doubles', () => {
    const edges = [
      { x: 0, y: 2 },
      { x: 2, y: 0 },
      { x: 5, y: 0 },
      { x: 2, y: 3 },
    ];
    const candidates = edges.map((place) => candidateOf(['#'], place));
    candidates.push(candidateOf(['#'], { x: 1, y: 1, score: 0.4 }));
    const double = candidateOf(['##', '##'], { x: 4, y: 2, score: 0.8 });
    candidates.push(double, candidateOf(['#'], { x: 4, y: 2, score: 0.3 }));
    const left = assembled(candidates, { border: 'drop' });
    expect(left.instances).toEqual([{ label: 1, score: 0.4, box: { x1: 1, y1: 1, x2: 2, y2: 2 }, area: 1 }]);
    expect(drawn(left.labelImage)).toEqual(['......', '.1....', '......', '......']);
    expect(assembled(candidates, { border: 'keep' }).instances).toHaveLength(6);
  });
});

test('twins with other pixels: the one whose probabilities are greater first', () => {
  const twins = [candidateOf(['.#', '##']), candidateOf(['##', '#.'])];
  for (const order of [twins, twins.toReversed()]) {
    expect(drawn(assembled(order).labelImage).slice(0, 2)).toEqual(['11....', '12....']);
  }
});

/** Overlapping blobs of coarse scores and probabilities, so that there are ties; some reach outside. */
function randomCandidates(seed: number, size: { width: number; height: number }): Candidate[] {
  const random = randomFor(seed, 'candidates');
  return Array.from({ length: 1 + random.integer(9) }, () => {
    const crop = 2 + random.integer(7);
    const side = crop * (random.integer(2) === 0 ? 1 : 0.5 + random.uniform());
    const x = random.integer(size.width + 4) - 4 + (random.integer(2) === 0 ? 0 : random.uniform());
    const y = random.integer(size.height + 4) - 4;
    const map = () => Float32Array.from({ length: crop * crop }, () => random.integer(5) / 4);
    return {
      ...{ box: { x1: x + 1, y1: y + 1, x2: x + side - 1, y2: y + side - 1 }, score: random.integer(5) / 4 },
      ...{ window: { x, y, side }, size: crop, body: map(), border: map() },
    };
  });
}

const anySettings = fc
  .record({
    scoreThreshold: fc.constantFrom(0, 0.25, 0.6),
    scoreBy: fc.constantFrom('detection' as const, 'product' as const),
    borderWeight: fc.constantFrom(0, 0.5, -0.5),
    maskThreshold: fc.constantFrom(0, 0.3, 0.5, 0.9),
    nms: fc.constantFrom('mask' as const, 'box' as const),
    nmsThreshold: fc.constantFrom(0.1, 0.5, 1),
    overlap: fc.constantFrom('score' as const, 'probability' as const),
    maxLost: fc.constantFrom(0, 0.3, 0.7, 1),
    pieces: fc.constantFrom('largest' as const, 'all' as const),
    fillHoles: fc.boolean(),
    dilation: fc.integer({ min: -2, max: 3 }),
    minArea: fc.constantFrom(1, 4, 10),
    maxArea: fc.constantFrom(null, 9, 20),
    border: fc.constantFrom('keep' as const, 'drop' as const),
  })
  .map((values) => AssembleSettings.parse(values));

const sizes = fc.record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) });

test('any candidates and settings: the same as sets of pixels, step by step', () => {
  fc.assert(
    fc.property(fc.nat(), sizes, anySettings, (seed, size, chosen) => {
      const candidates = randomCandidates(seed, size);
      const { labelImage, instances } = assembleInstances(size, candidates, chosen);
      const slow = slowAssemble(size, candidates, chosen);
      expect(drawn(labelImage)).toEqual(drawn(slow.labelImage));
      expect(instances).toEqual(slow.instances);
    }),
    { numRuns: 400 },
  );
});

test('the order of the candidates does not matter, and pasted ones stay as they are', () => {
  fc.assert(
    fc.property(fc.nat(), sizes, anySettings, (seed, size, chosen) => {
      const candidates = randomCandidates(seed, size);
      const pasted = candidates.map((candidate) => pasteCandidate(candidate, size));
      const before = structuredClone(pasted);
      const found = assemblePasted(size, pasted, chosen);
      expect(pasted).toEqual(before);
      const shuffled = randomFor(seed, 'order').shuffle(pasted);
      expect(assemblePasted(size, shuffled, chosen)).toEqual(found);
    }),
  );
});
