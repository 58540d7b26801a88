import { expect, test } from 'vitest';
import type { TrainingHistory } from '../../src/config/history.js';
import { unknownAncestors } from '../../src/model/seen-images.js';

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
