/**
 * Probability above which a pixel belongs to a mask where no model says otherwise: the default of
 * `assemble.maskThreshold`, and what the masks of a segmenter in training are scored at.
 */
export const defaultMaskThreshold = 0.5;
