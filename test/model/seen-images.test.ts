import { expect, test } from 'vitest';
import type { TrainingHistory } from '../../src/config/history.js';
import { trainedSentence, unknownAncestors } from '../../src/model/seen-images.js';

const began = (...ancestors: TrainingHistory['ancestors']) => ({
  origin: { history: { datasets: [], ancestors, fingerprints: '' } },
});
const unknown = (name: string) => ({ name, step: null, datasets: null });

test('ancestors whose images are not recorded are named once, of both networks and of an ensemble', () => {
  const published = { name: 'vgg16', step: null, datasets: [] };
  const known = { detector: began(published), segmenter: { origin: {} } };
  expect(unknownAncestors(known, 'mine')).toBeUndefined();
  const others = { detectors: [began(unknown('third'))], segmenters: [began()] };
  const model = { detector: began(unknown('old')), segmenter: began(unknown('old')), others };
  expect(unknownAncestors(model, 'mine')).toBe(
    'It is not recorded which images trained old and third, from which mine began.',
  );
});

test('of images that trained a model the number is told, and that crops may be among the others', () => {
  const told = (same: number, copies: number) => trainedSentence({ images: 3, same, copies }, 'mine');
  expect(told(0, 0)).toBeUndefined();
  const began = 'images trained mine or a network that it began from';
  expect(told(3, 0)).toBe(`3 of 3 ${began}: its score is optimistic.`);
  expect(told(1, 1)).toBe(
    `2 of 3 ${began} (1 as a copy that is flipped, scaled or changed in brightness): its score is optimistic. Crops of trained images are not noticed.`,
  );
});
