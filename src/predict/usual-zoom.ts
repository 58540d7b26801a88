import type { DetectorConfig } from '../config/detector.js';
import type { PredictSettings } from '../config/predict.js';
import { hasDarkBackground } from '../data/image/dark-background.js';
import type { IntensityRange } from '../data/image/intensity.js';
import type { Pixels } from '../data/image/stored-image.js';

/** An image, and the values that the network sees as black and white. */
interface Shown {
  readonly image: Pixels;
  readonly intensity?: IntensityRange | undefined;
}

/** px of the network input for a px of an image where nobody asks for another: that of training, or less for a dark background. */
export const usualZoom = (
  { image, intensity }: Shown,
  { loader: { zoom } }: Pick<DetectorConfig, 'loader'>,
  { darkZoom }: Pick<PredictSettings, 'darkZoom'>,
): number => (darkZoom !== 1 && hasDarkBackground(image, intensity) ? zoom * darkZoom : zoom);
