/** What the browser remembers of how a person works: never what was annotated. */

/** How images are shown, and the sizes of pens. */
export interface Settings {
  readonly isInverted: boolean;
  /** Whether contrast is fitted to each image. */
  readonly fitsContrast: boolean;
  readonly gamma: number;
  /** Of fills, 0 to 1. */
  readonly fill: number;
  readonly hasOutlines: boolean;
  /** Width on the screen, px: a pen is finer on the image when that is larger. */
  readonly brush: number;
  readonly eraser: number;
  /** Minutes of a training. */
  readonly minutes: number;
}

const defaultSettings: Settings = {
  isInverted: false,
  fitsContrast: true,
  gamma: 1,
  fill: 0.18,
  hasOutlines: true,
  brush: 24,
  eraser: 24,
  minutes: 10,
};

const key = 'nucleate-annotate-settings';

/** Values of another type, or of an older page, are the defaults. */
export function loadSettings(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    const known = Object.entries(defaultSettings).filter(
      ([name, value]) => typeof stored[name] === typeof value,
    );
    return { ...defaultSettings, ...Object.fromEntries(known.map(([name]) => [name, stored[name]])) };
  } catch {
    return defaultSettings;
  }
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // Private windows keep nothing: the page works without.
  }
}
