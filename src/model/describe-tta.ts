import type { PredictSettings } from '../config/predict.js';

/** How a model looks at images beyond the plain view: `views flips x scales` and `second pass`, as far as it does. */
export const describeTta = ({ tta: views, secondPass }: PredictSettings): string[] => [
  ...(views.length > 0 ? [`views ${views.join(' x ')}`] : []),
  ...(secondPass ? ['second pass'] : []),
];
