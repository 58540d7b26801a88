import { addDecoder, BaseDecoder } from 'geotiff';
import { ZSTDDecoder } from 'zstddec';
import { TiffProblem } from './tiff-problem.js';

const zstd = new ZSTDDecoder();

interface BlockParameters {
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly bitsPerSample: number | ArrayLike<number>;
  readonly planarConfiguration: number;
}

/** Makes geotiff notice blocks of zstd that are damaged: its own decoder gives zeros for them. */
class CheckedZstdDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBufferLike): ArrayBuffer {
    const { tileWidth, tileHeight, bitsPerSample, planarConfiguration } = this.parameters as BlockParameters;
    const bits = typeof bitsPerSample === 'number' ? [bitsPerSample] : Array.from(bitsPerSample);
    const samples = planarConfiguration === 2 ? 1 : bits.length;
    const decoded = zstd.decode(new Uint8Array(buffer), (tileWidth * tileHeight * samples * bits[0]!) / 8);
    // The last strip of an image may be shorter; an error of zstd has no bytes at all.
    if (decoded.length === 0) throw new TiffProblem('a block of its pixels is damaged');
    return decoded.buffer as ArrayBuffer;
  }
}

/** TIFF's number of zstd. */
const compression = 50_000;

addDecoder(compression, async () => {
  await zstd.init();
  return CheckedZstdDecoder;
});
