import { readPlainTextSync } from '../../plain-file.js';

/** A line of `metrics.jsonl`: `step` and other values by name. */
export type Metrics = { readonly step: number } & Readonly<Record<string, number | string | null>>;

/** Formats one line. NaN and infinity, which JSON lacks, become strings. */
export function metricsLine(metrics: Metrics): string {
  const line = JSON.stringify(metrics, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  return `${line}\n`;
}

export interface ReadMetrics {
  readonly records: readonly Metrics[];
  /** Count of lines that cannot be read, except an incomplete last line, which a killed process leaves. */
  readonly damagedLines: number;
}

/** Reads `metrics.jsonl`; a missing file has no records. */
export function readMetrics(file: string): ReadMetrics {
  const lines = textOf(file).split('\n');
  // After the last line break there is nothing, or an incomplete record.
  const records = lines.slice(0, -1).map(parse);
  const whole = records.filter((record) => record !== undefined);
  return { records: whole, damagedLines: records.length - whole.length };
}

function parse(line: string): Metrics | undefined {
  try {
    const record = JSON.parse(line) as Partial<Metrics> | null;
    return typeof record?.step === 'number' ? (record as Metrics) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readPlainTextSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
