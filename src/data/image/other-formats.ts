/** Formats that are not read, by their first bytes or their ending, and the programs that export them. */

export interface OtherFormat {
  /** Completes "The file is". */
  readonly name: string;
  /** What the user can do, as a sentence. */
  readonly hint: string;
}

/** Bytes from the beginning of a file that {@link otherFormat} looks at: DICOM has its mark at 128, SVG may have a prolog. */
export const beginBytes = 1024;

interface KnownFormat extends OtherFormat {
  readonly endings: string;
  /** Whether a file begins so; absent where only the ending tells. */
  readonly begins?: (begin: string) => boolean;
}

const inFiji = 'open it in Fiji (Plugins > Bio-Formats) and save it as TIFF';
const microscope = (name: string, program: string) => ({
  name,
  hint: `Export it as OME-TIFF or TIFF with ${program}, or ${inFiji}.`,
});
const slide = (name: string, program: string) => ({
  name,
  hint: `Export it as OME-TIFF with ${program}, or with QuPath (File > Export images > OME TIFF).`,
});
const picture = (name: string) => ({
  name,
  hint: 'Save it as PNG or TIFF, with any program that shows pictures, or with Fiji.',
});
const at = (offset: number, mark: string) => (begin: string) => begin.startsWith(mark, offset);

/** Source of the marks: Bio-Formats' readers, OpenSlide's format pages, and the definitions of the formats. */
const formats: readonly KnownFormat[] = [
  // These begin as other formats do, and hold a small picture or none: their pixels are in other files.
  { ...slide('an Olympus VSI slide', 'cellSens or OlyVIA'), endings: 'vsi' },
  { ...slide('a 3DHISTECH MRXS slide', 'CaseViewer or SlideConverter'), endings: 'mrxs' },
  { ...slide('part of an Olympus VSI slide', 'cellSens or OlyVIA'), endings: 'ets', begins: at(0, 'SIS\0') },
  { ...microscope('a Zeiss CZI image', 'ZEN (File > Export)'), endings: 'czi', begins: at(0, 'ZISRAWFILE') },
  {
    ...microscope('a Nikon ND2 image', 'NIS-Elements (File > Save As)'),
    endings: 'nd2',
    begins: at(0, '\xda\xce\xbe\x0a'),
  },
  {
    ...microscope('a Leica LIF project', 'LAS X (Export > Image)'),
    endings: 'lif|lof|xlef',
    begins: (begin) => begin.startsWith('\x70\0\0\0') && begin[8] === '\x2a',
  },
  { ...microscope('an Olympus FluoView image', 'FluoView or cellSens'), endings: 'oib|oif|oir|poir' },
  { ...microscope('a Zeiss ZVI image', 'AxioVision or ZEN'), endings: 'zvi' },
  { ...microscope('an Imaris image', 'Imaris (File > Export)'), endings: 'ims' },
  { ...microscope('a SlideBook image', 'SlideBook'), endings: 'sld|sldy' },
  { ...microscope('a DeltaVision image', 'softWoRx'), endings: 'dv|r3d' },
  { ...microscope('a Gatan image', 'DigitalMicrograph'), endings: 'dm3|dm4' },
  {
    ...microscope('an OLE file, as those of FluoView (OIB) and AxioVision (ZVI)', 'the program that made it'),
    endings: '',
    begins: at(0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  },
  {
    ...microscope('an HDF5 file, as those of Imaris and ilastik', 'the program that made it'),
    endings: 'h5|hdf5',
    begins: at(0, '\x89HDF\r\n\x1a\n'),
  },
  { ...slide('a DICOM image', 'its viewer'), endings: 'dcm', begins: at(128, 'DICM') },
  {
    name: 'a NumPy array',
    hint: "Save it as TIFF: tifffile.imwrite('image.tif', array).",
    endings: 'npy|npz',
    begins: at(0, '\x93NUMPY'),
  },
  {
    ...picture('a JPEG 2000 image'),
    endings: 'jp2|j2k|jpx',
    begins: (begin) => begin.startsWith('\0\0\0\x0cjP  ') || begin.startsWith('\xff\x4f\xff\x51'),
  },
  { ...picture('a JPEG XL image'), endings: 'jxl', begins: at(0, '\xff\x0a') },
  {
    ...picture('a HEIC or AVIF image'),
    endings: 'heic|heif|avif',
    begins: (begin) =>
      /^(?:hei[cxms]|hevc|mif1|msf1|avif)/u.test(begin.slice(8)) && begin.startsWith('ftyp', 4),
  },
  { ...picture('a WebP image'), endings: 'webp', begins: (begin) => /^RIFF[^]{4}WEBP/u.test(begin) },
  { ...picture('a GIF image'), endings: 'gif', begins: at(0, 'GIF8') },
  { ...picture('a BMP image'), endings: 'bmp', begins: (begin) => /^BM[^]{4}\0{4}/u.test(begin) },
  { ...picture('a Photoshop image'), endings: 'psd', begins: at(0, '8BPS') },
  { ...picture('a PDF document'), endings: 'pdf', begins: at(0, '%PDF') },
  {
    ...picture('an SVG drawing'),
    endings: 'svg',
    begins: (begin) =>
      /^\s*(?:<\?xml|<!--|<!DOCTYPE svg|<svg)[^]*<svg/iu.test(begin) || /^\s*<svg/iu.test(begin),
  },
  {
    name: 'a web page',
    hint: 'Download the image again: what was saved is the page that shows it, or an error.',
    endings: 'html|htm',
    begins: (begin) => /^\s*<(?:!DOCTYPE html|html)/iu.test(begin),
  },
  {
    name: 'a pointer of Git LFS instead of the image',
    hint: 'Run `git lfs pull` in the folder that it came from.',
    endings: '',
    begins: at(0, 'version https://git-lfs'),
  },
  {
    name: 'a zip archive',
    hint: 'Unpack it, and name the images in it.',
    endings: 'zip',
    begins: at(0, 'PK\x03\x04'),
  },
];

/**
 * The format of a file, if it is one that is known and not read.
 *
 * @param begin Its first {@link beginBytes} bytes, or all of them.
 * @param name Its name, for formats without a mark.
 */
export function otherFormat(begin: Uint8Array, name: string): OtherFormat | undefined {
  const text = Buffer.from(begin).toString('latin1');
  const ending = /\.([^./\\]*)$/u.exec(name)?.[1]?.toLowerCase() ?? '';
  const hasEnding = ({ endings }: KnownFormat) => endings.split('|').includes(ending) && ending !== '';
  const withoutMark = formats.find((format) => !format.begins && hasEnding(format));
  return withoutMark ?? formats.find(({ begins }) => begins?.(text)) ?? undefined;
}

/** Slides that are TIFF files, of which some cannot be read as such. */
const tiffSlides = new Map([
  ['scn', slide('', 'Aperio ImageScope')],
  ['ndpi', slide('', 'NDP.view')],
  ['bif', slide('', "Roche's viewer")],
  ['svs', slide('', 'Aperio ImageScope')],
  ['qptiff', slide('', 'Phenochart')],
  ['lsm', microscope('', 'ZEN')],
]);

/** How to export a TIFF that cannot be read, where its ending tells which program made it. */
export const exportHint = (name: string): string | undefined =>
  tiffSlides.get(/\.([^./\\]*)$/u.exec(name)?.[1]?.toLowerCase() ?? '')?.hint;
