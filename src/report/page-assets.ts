import { colours } from '../draw/overlay.js';

const legendColours = Object.entries(colours)
  .map(
    ([name, [red, green, blue]]) => `.legend .${name}::before { background: rgb(${red} ${green} ${blue}); }`,
  )
  .join('\n');

/** CSS of all report pages. */
export const pageStyle = `
:root { color-scheme: light; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
main { max-width: 1200px; margin: 0 auto; padding: 24px; }
h1 { font-size: 26px; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 40px 0 8px; border-top: 1px solid #ddd; padding-top: 16px; }
h3 { font-size: 14px; margin: 20px 0 6px; overflow-wrap: anywhere; }
h3 span { margin-left: 12px; font-weight: normal; color: #555; white-space: pre-wrap; }
code { font-size: 12px; overflow-wrap: anywhere; }
dl.note { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; padding-left: 10px; }
dl.note dt { font-weight: 600; }
dl.note dd { margin: 0; }
.note { color: #555; font-size: 13px; max-width: 900px; margin: 4px 0 12px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
table + table { margin-top: 24px; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid #e4e4e4; }
th:first-child { text-align: left; font-weight: normal; overflow-wrap: anywhere; }
thead th, thead th:first-child { font-weight: 600; border-bottom: 2px solid #999; background: #fff; }
th small { display: block; color: #777; }
.scroll { max-height: 640px; overflow: auto; border: 1px solid #ddd; }
.scroll thead th { position: sticky; top: 0; }
button { font: inherit; font-weight: 600; border: 0; background: none; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25b2"; }
th[aria-sort=descending] button::after { content: " \\25bc"; }
figure { margin: 0; }
figcaption { font-size: 12px; color: #555; text-align: center; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 20px; margin-top: 24px; }
.charts img { width: 100%; }
.panels { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; }
.panels figure:nth-child(2n + 5) { grid-column: 3; }
.panels img { width: 100%; image-rendering: pixelated; display: block; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; font-size: 13px; }
.legend li::before { content: ""; display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px; }
${legendColours}
`;

/** Sorts a table by the column whose heading is clicked; numbers by value, largest first, texts by code unit. */
export const pageScript = `
for (const table of document.querySelectorAll('table.sortable')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.addEventListener('click', () => {
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const numeric = 'value' in (table.tBodies[0].rows[0]?.cells[column].dataset ?? {});
    const before = heading.getAttribute('aria-sort');
    const ascending = before === null ? !numeric : before === 'descending';
    const order = (one, two) => (numeric ? key(one) - key(two) : key(one) < key(two) ? -1 : key(one) > key(two) ? 1 : 0);
    const rows = [...table.tBodies[0].rows].sort((one, two) => (ascending ? order(one, two) : order(two, one)));
    for (const other of headings) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    table.tBodies[0].append(...rows);
  }));
}
`;
