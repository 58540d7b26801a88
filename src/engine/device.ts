/** What the user can ask for with `--device`. */
export const deviceChoices = ['auto', 'gpu', 'cpu', 'wasm'] as const;

export type DeviceChoice = (typeof deviceChoices)[number];
