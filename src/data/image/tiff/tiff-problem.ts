/** Why a TIFF file cannot be read, as the end of a sentence: "its pixels are compressed as LZMA". */
export class TiffProblem extends Error {
  override readonly name = 'TiffProblem';

  /** @param hint What the user can do, as a sentence; default: to export it again, with which compressions. */
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** A file that lacks its end. @param what As the message of a {@link TiffProblem}. */
export const cutOff = (what: string) =>
  new TiffProblem(
    `${what}: the file is cut off`,
    'Copy the file again, and compare its size with that of the original; or export it again.',
  );
