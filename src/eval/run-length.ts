/** What is wrong with a run-length text, and where. */
export class RunLengthError extends Error {
  override readonly name = 'RunLengthError';
  /** Index of the offending character in the text. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/**
 * Decodes the run-length form of the 2018 Data Science Bowl: pairs of start and length, separated by spaces. Starts
 * count from 1 down the columns: pixel 1 is top left, pixel 2 below it. Runs ascend and do not overlap.
 *
 * @param text Empty or only spaces for no pixel. Further spaces are allowed.
 * @returns Indices `y * width + x`, each once, in the order of the runs.
 * @throws {RunLengthError} For anything but such pairs within the image.
 */
export function decodeRuns(text: string, { width, height }: { width: number; height: number }): Int32Array {
  const runs = parseRuns(text, width * height);
  let total = 0;
  for (let index = 1; index < runs.length; index += 2) total += runs[index]!;
  const pixels = new Int32Array(total);
  let count = 0;
  for (let index = 0; index < runs.length; index += 2) {
    const first = runs[index]! - 1;
    for (let place = first; place < first + runs[index + 1]!; place++) {
      const x = Math.floor(place / height);
      pixels[count++] = (place - x * height) * width + x;
    }
  }
  return pixels;
}

/** Start and length of each run, one after the other. */
function parseRuns(text: string, pixelCount: number): Int32Array {
  // A number takes at least a digit and a space.
  const runs = new Int32Array(Math.ceil(text.length / 2) + 1);
  let count = 0;
  let end = 0;
  for (let at = skipSpaces(text, 0); at < text.length;) {
    const startTo = wordEnd(text, at);
    const start = toNumber(text, at, startTo);
    const lengthAt = skipSpaces(text, startTo);
    if (lengthAt === text.length) throw new RunLengthError(`Start ${start} has no length.`, at);
    const lengthTo = wordEnd(text, lengthAt);
    const length = toNumber(text, lengthAt, lengthTo);
    if (start < 1) throw new RunLengthError('A run starts at 0; the first pixel is 1.', at);
    if (length < 1) throw new RunLengthError(`The run at ${start} has the length 0.`, lengthAt);
    if (start + length - 1 > pixelCount) {
      throw new RunLengthError(
        `The run at ${start} of length ${length} ends beyond the ${pixelCount} pixels of the image.`,
        at,
      );
    }
    if (start <= end) {
      const what = `The run at ${start} begins before the one before it has ended, at ${end}.`;
      throw new RunLengthError(what, at);
    }
    end = start + length - 1;
    runs[count++] = start;
    runs[count++] = length;
    at = skipSpaces(text, lengthTo);
  }
  return runs.subarray(0, count);
}

/** Character codes, since comparing one-letter strings is far slower. */
const space = 0x20;
const zero = 0x30;

function skipSpaces(text: string, at: number): number {
  while (text.charCodeAt(at) === space) at++;
  return at;
}

function wordEnd(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) !== space) at++;
  return at;
}

/** Digits beyond this make no pixel number, and are cut in messages. */
const longestNumber = 15;

function toNumber(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9 || to - from > longestNumber) {
      const shown =
        to - from > longestNumber ? `${text.slice(from, from + longestNumber)}...` : text.slice(from, to);
      throw new RunLengthError(`Expected a number of pixels in digits, received \`${shown}\`.`, from);
    }
    value = 10 * value + digit;
  }
  return value;
}
