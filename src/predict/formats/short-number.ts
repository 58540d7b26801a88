/** A measured number with 7 significant digits, as many as float32 has: what follows is noise and fills files. */
export const shortNumber = (value: number): number => Number(value.toPrecision(7));
