/** Pictures of tools, drawn in lines on 20 x 20 units. */
import type { JSX } from 'preact';

const paths: Record<string, JSX.Element> = {
  select: <path d="M5 3l10 7-4.5 1L13 16l-2.4 1.1L8.2 12 5 15z" />,
  brush: <path d="M13.5 3.5l3 3-7 7-3-3zM6.5 10.5c-2 0-2.5 2-2.5 3s-.5 2-1.5 2.5c2 1 6 .5 7-2.5" />,
  eraser: <path d="M8 16l-5-5 7-7 6 6-6 6zM6.5 7.5l6 6M8 16h9" />,
  lasso: (
    <path d="M10 3c4.5 0 7 2 7 4.5S14.5 12 10 12 3 10 3 7.5 5.5 3 10 3zM6 11.5c-2 .5-2 3 0 3s2 2.5 0 3" />
  ),
  box: (
    <path d="M3.5 6.5v-3h3M13.5 3.5h3v3M16.5 13.5v3h-3M6.5 16.5h-3v-3M10 6.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7z" />
  ),
  point: <path d="M10 2v4M10 14v4M2 10h4M14 10h4M10 9.5v1M9.5 10h1" />,
  split: <path d="M10 2v16M7 5c-3 0-4.5 2.5-4.5 5S4 15 7 15M13 5c3 0 4.5 2.5 4.5 5S16 15 13 15" />,
  merge: (
    <path d="M8.5 5.5A5 5 0 003 10a5 5 0 005.5 4.5M11.5 5.5A5 5 0 0117 10a5 5 0 01-5.5 4.5M6.5 10h7M10 6.5v7" />
  ),
  fill: <path d="M10 3a7 7 0 100 14 7 7 0 000-14zM8 8.5l4 4M12 8.5l-4 4" />,
  smooth: <path d="M2.5 12c1.5-6 4-6 5.5-2s4 4 5 0 3-4 4.5-2" />,
  delete: <path d="M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.7 11h7.600l.7-11M8.5 8.5v5M11.5 8.5v5" />,
  accept: <path d="M4 10.5l4 4 8-9" />,
  reject: <path d="M5 5l10 10M15 5L5 15" />,
  undo: <path d="M7 4L3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 010 9H7" />,
  redo: <path d="M13 4l3.5 3.5L13 11M16.5 7.5h-8a4.5 4.5 0 000 9H13" />,
  help: <path d="M7 7.5a3 3 0 115 2.200c-1.200 1-2 1.5-2 3M10 15.5v.5" />,
};

/** A picture beside words: it is not read out. */
export const Icon = ({ name }: { readonly name: string }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    {paths[name]}
  </svg>
);
