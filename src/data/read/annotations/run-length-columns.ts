/** The header of a run-length CSV. */

/** The positions of the columns. */
export interface RunLengthColumns {
  readonly count: number;
  readonly id: number;
  readonly runs: number;
  /** -1 if the file has no sizes. */
  readonly height: number;
  readonly width: number;
}

/** Whether a line is the header of such a file. */
export function isRunLengthHeader(line: string): boolean {
  const names = line.replace(/^\ufeff/u, '').split(/[,;\t]/u);
  return (
    typeof findRunLengthColumns(names.map((name) => name.trim().replace(/^"(.*)"$/u, '$1'))) !== 'string'
  );
}

/** Columns and the names they have, without regard to case and underscores: ImageId, image_id, EncodedPixels. */
const columnNames = { id: 'imageid', runs: 'encodedpixels', height: 'height', width: 'width' } as const;

/** The positions of the columns, or what is wrong with the header. */
export function findRunLengthColumns(names: readonly string[]): RunLengthColumns | string {
  const plain = names.map((name) => name.replace(/[\s_]/gu, '').toLowerCase());
  const shown = names.map((name) => name.trim());
  const find = (column: keyof typeof columnNames) => plain.indexOf(columnNames[column]);
  for (const [column, name] of [['id', 'ImageId'] as const, ['runs', 'EncodedPixels'] as const]) {
    if (find(column) === -1)
      return `The column ${name} is missing; the first line is \`${shown.join(',')}\`.`;
  }
  const twice = plain.findIndex((name, index) => plain.indexOf(name) !== index);
  if (twice !== -1) return `There are two columns ${shown[twice]}.`;
  if ((find('height') === -1) !== (find('width') === -1))
    return 'There is only one of the columns Height and Width.';
  return {
    count: names.length,
    id: find('id'),
    runs: find('runs'),
    height: find('height'),
    width: find('width'),
  };
}
