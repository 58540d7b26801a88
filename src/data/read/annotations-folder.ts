/**
 * Where `nucleate annotate` keeps what people do, within the folder of their images: `annotations/NAME/IMAGE.jsonl`, see
 * src/annotate/protocol. Everything else in the folder `annotations` is made of these logs.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { LogError } from '../../annotate/protocol/log.js';
import { exitCodes, NucleateError } from '../../errors.js';

export const annotationsName = 'annotations';

/** Marks the folder as one that nucleate made. */
export const annotationsMarker = 'annotations.json';

export const logEnding = '.jsonl';

/** Names of annotators: folders of any file system. Names with a dot are of other folders: `NAME.models`. */
export const annotatorPattern = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u;

/** Whether this is such a folder. */
export const isAnnotationsFolder = (folder: string): boolean =>
  path.basename(folder) === annotationsName && existsSync(path.join(folder, annotationsMarker));

/**
 * The images and the annotator that a path `IMAGES/annotations/NAME` names.
 *
 * @returns Undefined for any other path.
 */
export function annotatorAt(
  place: string,
): { readonly images: string; readonly annotator: string } | undefined {
  const whole = path.resolve(place);
  const above = path.dirname(whole);
  const annotator = path.basename(whole);
  if (!isAnnotationsFolder(above) || !annotatorPattern.test(annotator)) return undefined;
  return { images: path.dirname(above), annotator };
}

/** A {@link LogError} as an error with exit code 3; any other error is returned as it is. */
export function damagedLog(file: string, error: unknown): unknown {
  if (!(error instanceof LogError)) return error;
  return new NucleateError(
    {
      what: `The log of the annotation is damaged: ${error.message}`,
      where: `${file}:${error.line}`,
      hint: 'Bring back the file from a copy, or move it away to begin again; nucleate changes nothing in it.',
      exitCode: exitCodes.data,
    },
    { cause: error },
  );
}
