/** Why a TIFF file cannot be read, as the end of a sentence: "its pixels are compressed as LZMA". */
export class TiffProblem extends Error {
  override readonly name = 'TiffProblem';
}
