/** Every key of the page: what the help and the documentation list. */

/** What a person can do with a key or a button. */
export type PageCommand =
  | 'accept'
  | 'reject'
  | 'accept-all'
  | 'next-doubtful'
  | 'previous-doubtful'
  | 'select'
  | 'brush'
  | 'eraser'
  | 'smaller'
  | 'larger'
  | 'lasso'
  | 'box'
  | 'point'
  | 'split'
  | 'merge'
  | 'fill'
  | 'smooth'
  | 'delete'
  | 'review'
  | 'skip'
  | 'next'
  | 'propose'
  | 'hide'
  | 'contrast'
  | 'invert'
  | 'channel-1'
  | 'channel-2'
  | 'channel-3'
  | 'channel-4'
  | 'undo'
  | 'redo'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'cursor'
  | 'pen'
  | 'cancel'
  | 'help';

export interface KeyInfo {
  readonly command: PageCommand;
  /** As it is written for people; several are alternatives. */
  readonly keys: readonly string[];
  readonly what: string;
}

/** In the order of the help. */
export const keyGroups: readonly { readonly title: string; readonly keys: readonly KeyInfo[] }[] = [
  {
    title: 'Decide',
    keys: [
      {
        command: 'accept',
        keys: ['A'],
        what: 'Accept the selected nucleus, and go to the next doubtful one',
      },
      {
        command: 'reject',
        keys: ['X'],
        what: 'Reject the selected nucleus, and go to the next doubtful one',
      },
      { command: 'accept-all', keys: ['Shift+A'], what: 'Accept all nuclei in view' },
      { command: 'next-doubtful', keys: ['Tab'], what: 'Next doubtful nucleus: the lowest score first' },
      { command: 'previous-doubtful', keys: ['Shift+Tab'], what: 'Previous doubtful nucleus' },
      { command: 'propose', keys: ['D'], what: 'Let the model detect nuclei' },
    ],
  },
  {
    title: 'Draw',
    keys: [
      {
        command: 'select',
        keys: ['V'],
        what: 'Select: click a nucleus, Shift+click adds one; drag moves the image',
      },
      { command: 'brush', keys: ['B'], what: 'Brush; Alt paints over neighbours' },
      { command: 'eraser', keys: ['E'], what: 'Eraser; Alt erases all nuclei' },
      { command: 'smaller', keys: ['['], what: 'Smaller brush or eraser' },
      { command: 'larger', keys: [']'], what: 'Larger brush or eraser' },
      { command: 'lasso', keys: ['P'], what: 'Lasso: draw the outline of a new nucleus' },
      { command: 'box', keys: ['M'], what: 'Box: the model outlines the nucleus in it' },
      { command: 'point', keys: ['F'], what: 'Point: the model outlines the nucleus under it' },
    ],
  },
  {
    title: 'Change',
    keys: [
      { command: 'split', keys: ['S'], what: 'Split: draw a line through a nucleus' },
      {
        command: 'merge',
        keys: ['G'],
        what: 'Merge the selected nuclei, or the selected one with the next one clicked',
      },
      { command: 'fill', keys: ['H'], what: 'Fill the holes of the selected nucleus' },
      { command: 'smooth', keys: ['K'], what: 'Smooth the border of the selected nucleus' },
      { command: 'delete', keys: ['Delete', 'Backspace'], what: 'Delete the selected nuclei' },
      { command: 'undo', keys: ['Ctrl+Z'], what: 'Undo, without a limit, also after a reload' },
      { command: 'redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], what: 'Redo' },
    ],
  },
  {
    title: 'Go on',
    keys: [
      {
        command: 'review',
        keys: ['R'],
        what: 'The region is reviewed: every nucleus is marked; again takes it back',
      },
      { command: 'skip', keys: ['Q'], what: 'Skip this region, with a reason' },
      { command: 'next', keys: ['N', 'Enter'], what: 'Next region; refuses while a nucleus is undecided' },
    ],
  },
  {
    title: 'See',
    keys: [
      { command: 'hide', keys: ['Space'], what: 'Hide the nuclei while it is held' },
      { command: 'contrast', keys: ['C'], what: 'Contrast: fit to the image, or show the whole range' },
      { command: 'invert', keys: ['I'], what: 'Invert dark and bright' },
      { command: 'channel-1', keys: ['1'], what: 'Show or hide channel 1' },
      { command: 'channel-2', keys: ['2'], what: 'Show or hide channel 2' },
      { command: 'channel-3', keys: ['3'], what: 'Show or hide channel 3' },
      { command: 'channel-4', keys: ['4'], what: 'Show or hide channel 4' },
      { command: 'zoom-in', keys: ['+'], what: 'Zoom in; so does the wheel' },
      { command: 'zoom-out', keys: ['-'], what: 'Zoom out' },
      { command: 'fit', keys: ['0'], what: 'Show the whole region' },
    ],
  },
  {
    title: 'Without a mouse',
    keys: [
      { command: 'cursor', keys: ['Arrow keys'], what: 'Move the pen by a pixel, with Shift by ten' },
      { command: 'pen', keys: ['Enter'], what: 'While the pen is shown: press it, and lift it again' },
      { command: 'cancel', keys: ['Escape'], what: 'Cancel; then Tab leaves the image for the buttons' },
      { command: 'help', keys: ['?'], what: 'Show or close this help' },
    ],
  },
];

/** The command of a key that was pressed; undefined for other keys. */
export function commandOf(event: {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): PageCommand | undefined {
  // On many keyboards brackets are typed with AltGr, which is Ctrl and Alt.
  const isBracket = event.key === '[' || event.key === ']';
  if (event.altKey && !isBracket) return undefined;
  const hasControl = (event.ctrlKey || event.metaKey) && !isBracket;
  const name = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const isLetter = /^[A-Z]$/u.test(name);
  // The shift of signs such as ? and + is part of the sign.
  const hasShift = event.shiftKey && (isLetter || name.length > 1);
  const pressed = `${hasControl ? 'Ctrl+' : ''}${hasShift ? 'Shift+' : ''}${name}`;
  const same = pressed === '=' ? '+' : pressed;
  for (const { keys } of keyGroups) {
    const found = keys.find((info) => info.keys.includes(same));
    if (found) return found.command;
  }
  return undefined;
}
