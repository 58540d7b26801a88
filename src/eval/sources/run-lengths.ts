import { createReadStream } from 'node:fs';
import { readRunLengthCsv } from '../../data/read/rle-csv.js';
import { masksOfLines } from '../../data/read/run-length-layout.js';
import type { SourceKind } from './source-kind.js';
import { masksToLabelImage, throwIfProblems } from './source.js';

/**
 * The form in which the 2018 Data Science Bowl took predictions: columns `ImageId,EncodedPixels`, one line for each
 * nucleus, one line with an empty field for an image without nuclei. The file is streamed; its runs stay in memory.
 * Errors name line and column.
 */
export const runLengthKind: SourceKind = {
  recognise: ({ isFolder }) => !isFolder,
  async open({ path }) {
    const { images, problems } = await readRunLengthCsv(createReadStream(path), path);
    throwIfProblems(path, 'The run-length file has', problems, 'Fix the listed lines.');
    return {
      path,
      kind: 'run-length CSV',
      ids: [...images.keys()].sort(),
      dataHash: null,
      read: (id, size) =>
        Promise.resolve().then(() => masksToLabelImage(masksOfLines(images.get(id)!, size, path), size)),
      close: () => Promise.resolve(),
    };
  },
};
