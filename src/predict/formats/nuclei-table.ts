import type { Pixels } from '../../data/image/stored-image.js';
import type { Segmentation } from '../assemble/segmentation.js';
import { csvLines } from './csv-lines.js';
import { measureInstance } from './measure.js';
import type { Encode } from './encode.js';
import { shortNumber } from './short-number.js';

const columns = [
  ...['id', 'score', 'centroid_x', 'centroid_y', 'x1', 'y1', 'x2', 'y2'],
  ...['area', 'perimeter', 'eccentricity', 'mean_intensity'],
];

/**
 * One line for each nucleus: its label, score, box, and the measurements of scikit-image's `regionprops`; lengths in px,
 * `x1,y1,x2,y2` half-open. For a colour image with the mean of each channel, besides the mean of all; with the area in um2
 * as well, where the size of a pixel is known.
 */
export function nucleiTable(image: Pixels, segmentation: Segmentation): Generator<string> {
  return csvLines(rows(image, segmentation));
}

function* rows(
  image: Pixels,
  { labelImage, instances }: Segmentation,
): Generator<readonly (string | number)[]> {
  yield [
    ...columns,
    ...(image.channels === 3 ? ['mean_red', 'mean_green', 'mean_blue'] : []),
    ...(image.pixelSize ? ['area_um2'] : []),
  ];
  for (const instance of instances) {
    const { box, area, label, score } = instance;
    const found = measureInstance(image, labelImage, instance);
    const { centroidX, centroidY, perimeter, eccentricity, meanIntensity, channelMeans = [] } = found;
    const inUm = found.areaUm2 === undefined ? [] : [found.areaUm2];
    yield [
      ...[
        label,
        shortNumber(score),
        ...[centroidX, centroidY].map(shortNumber),
        box.x1,
        box.y1,
        box.x2,
        box.y2,
      ],
      ...[area, ...[perimeter, eccentricity, meanIntensity, ...channelMeans, ...inUm].map(shortNumber)],
    ];
  }
}

/** The {@link nucleiTable} as a CSV file. */
export const encodeTable: Encode = (_, { image, segmentation }) => ({
  extension: '.csv',
  pieces: nucleiTable(image, segmentation),
});
