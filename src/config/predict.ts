import { z } from 'zod';

/** Choices of `tta` in {@link PredictSettings}. */
const viewNames = ['flips', 'turns', 'scales', 'polarity'] as const;

/** How a model predicts an image: with test-time augmentation, with a second pass, or, by default, without. */
export const PredictSettings = z.strictObject({
  tta: z
    .array(z.enum(viewNames))
    .default([])
    .describe(
      'Test-time augmentation: which views of an image are predicted and combined. `flips` gives 4 views, `turns` (flips ' +
        'and quarter turns) 8, `scales` 3, `polarity` (black and white exchanged) 2; several multiply, and so does the time.',
    ),
  secondPass: z
    .boolean()
    .default(false)
    .describe(
      'Whether to detect again at another scale if the nuclei are much smaller or larger than in training.',
    ),
  darkZoom: z
    .number()
    .gt(0.1)
    .lt(4)
    .default(1)
    .describe(
      'How large the detector sees images with a dark background, such as fluorescence, as a factor of `loader.zoom`. 0.75 takes little ' +
        'more than half of its time, and misses more nuclei of kinds that the model has not learnt.',
    ),
});

/** Resolved {@link PredictSettings}: every key has a value. */
export type PredictSettings = z.output<typeof PredictSettings>;
