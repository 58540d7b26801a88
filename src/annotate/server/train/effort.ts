import type { AnnotationEvent } from '../../protocol/event.js';

/** What work a number of events took. */
export interface WorkDone {
  readonly minutes: number;
  readonly clicks: number;
  /** Nuclei that a person drew, changed, accepted, rejected or deleted; each counts once. */
  readonly nuclei: number;
}

/** Operations of the server, and those that change no nucleus for the first time. */
const without = new Set<AnnotationEvent['op']>(['import', 'propose', 'undo', 'redo']);

/**
 * Sums up the work of people.
 *
 * @param logs The events of each image.
 * @param since ISO 8601: only events after it count.
 */
export function effortOf(logs: readonly (readonly AnnotationEvent[])[], since = ''): WorkDone {
  let [ms, clicks, nuclei] = [0, 0, 0];
  for (const events of logs) {
    const changed = new Set<number>();
    for (const event of events) {
      if (event.time <= since || event.op === 'import' || event.op === 'propose') continue;
      ms += event.ms;
      clicks += event.clicks ?? 1;
      if (without.has(event.op)) continue;
      for (const { id } of event.objects ?? []) changed.add(id);
      // A nucleus that only changes its outline has no new state.
      const { runs = [] } = event.patch ?? {};
      for (let run = 0; run < runs.length; run += 2) if (runs[run]! > 0) changed.add(runs[run]!);
    }
    nuclei += changed.size;
  }
  return { minutes: ms / 60_000, clicks, nuclei };
}
