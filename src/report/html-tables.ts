import { html, type Html } from './html.js';

/** A table of names and values. */
export const factsTable = (rows: readonly (readonly [string, string])[]): Html =>
  html`<table class="facts">
    <tbody>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th>${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;

/** What a cell shows; it is sorted by its value if it has one, else by its text. */
type Cell = Html | string | number | { readonly value: number; readonly text: string };

/** A row: its name, then its cells. */
export type Row = readonly [Html | string | number, ...Cell[]];

/**
 * A table with headings.
 *
 * @param options.sortable Whether a click on a heading sorts the rows, see `pageScript`.
 */
export function headedTable(
  headings: readonly string[],
  rows: readonly Row[],
  { sortable = false } = {},
): Html {
  const heads = headings.map((name) =>
    sortable ? html`<th><button type="button">${name}</button></th>` : html`<th>${name}</th>`,
  );
  return html`<table${sortable ? html` class="sortable"` : ''}>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([name, ...cells]) =>
          html`<tr>
            <th>${name}</th>
            ${cells.map(cell)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}

const cell = (shown: Cell): Html =>
  typeof shown === 'object' && 'value' in shown
    ? html`<td data-value="${shown.value}">${shown.text}</td>`
    : html`<td>${shown}</td>`;
