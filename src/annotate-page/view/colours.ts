/** Colours on the canvas. Orange and sky blue are told apart by people who do not see red or green, too (Okabe and Ito 2008). */
import { packed, type LabelColours } from './paint-labels.js';

export const proposedColour = [245, 166, 35] as const;
export const acceptedColour = [86, 190, 245] as const;

export const css = ([red, green, blue]: readonly number[], opacity = 1): string =>
  `rgb(${red} ${green} ${blue} / ${opacity})`;

/** @param opacity Of fills, 0 to 1; outlines are solid. */
export const paletteOf = (opacity: number): LabelColours => ({
  fills: [0, packed(proposedColour, opacity), packed(acceptedColour, opacity)],
  outlines: [0, packed(proposedColour, 1), packed(acceptedColour, 1)],
});
