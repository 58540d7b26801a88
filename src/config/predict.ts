import { z } from 'zod';

/** Names of {@link PredictSettings}'s `views`. */
const viewNames = ['flips', 'turns', 'scales', 'polarity'] as const;

/** How a model looks at an image, and so how much work goes into one; the plain view alone unless asked for more. */
export const PredictSettings = z.strictObject({
  tta: z
    .array(z.enum(viewNames))
    .default([])
    .describe(
      'Other views that the networks see of an image, each combined with all others (names): `flips` of both axes ' +
        'makes 4, `turns` those and their quarter turns 8, `scales` 3, `polarity` 2. Time grows as much.',
    ),
  secondPass: z
    .boolean()
    .default(false)
    .describe(
      'Whether boxes are found again at another scale where nuclei are far from the sizes trained on (no unit).',
    ),
});

/** Resolved {@link PredictSettings}: every key has a value. */
export type PredictSettings = z.output<typeof PredictSettings>;
