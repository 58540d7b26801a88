import { stringify } from 'csv-stringify/sync';

/** Lines that are made at a time: a call for each would take most of the time. */
const portion = 500;

/**
 * Lines of a CSV file, in portions. A text that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function* csvLines(rows: Iterable<readonly (string | number)[]>): Generator<string> {
  let waiting: (readonly (string | number)[])[] = [];
  for (const row of rows) {
    waiting.push(row);
    if (waiting.length < portion) continue;
    yield stringify(waiting, { escape_formulas: true });
    waiting = [];
  }
  if (waiting.length > 0) yield stringify(waiting, { escape_formulas: true });
}
