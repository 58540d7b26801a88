import { cleanLine } from '../clean-text.js';

/** The state of a long task. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** Seconds since the start. */
  readonly seconds: number;
  /** Seconds to the end, if the task can estimate them better than from its speed so far. */
  readonly secondsLeft?: number | undefined;
  /** Text shown after the numbers: losses, speed. */
  readonly note: string;
}

const smallestBar = 6;
const largestBar = 30;

/** The state in words: `training 12/40 30% eta 1m05s loss 0.12`. */
export function progressLine({ label, done, total, seconds, note, secondsLeft }: ProgressState): string {
  const percentage = total > 0 ? `${Math.min(100, Math.floor((100 * done) / total))}%` : '';
  const left = secondsLeft ?? (done > 0 && done < total ? (seconds / done) * (total - done) : undefined);
  const eta = left === undefined ? '' : `eta ${duration(left)}`;
  const count = total > 0 ? `${done}/${total}` : `${done}`;
  return [label, count, percentage, eta, cleanLine(note)].filter(Boolean).join(' ');
}

/** The same with a bar in front if `columns` leave room; cut to fit one line, at a comma if there is one. */
export function progressBar(state: ProgressState, columns: number): string {
  // A line that fills the last column would wrap.
  const room = columns - 1;
  const line = progressLine(state);
  const width = Math.min(largestBar, room - line.length - '[] '.length);
  if (width < smallestBar) return cutTo(line, Math.max(0, room));
  const fraction = state.total > 0 ? Math.min(1, Math.max(0, state.done / state.total)) : 0;
  const filled = Math.round(width * fraction);
  return `[${'='.repeat(filled)}${'-'.repeat(width - filled)}] ${line}`;
}

function cutTo(line: string, room: number): string {
  if (line.length <= room) return line;
  const comma = line.lastIndexOf(', ', room);
  return line.slice(0, comma > 0 ? comma : room);
}

/** `5s`, `1m05s`, `2h03m`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (count: number) => String(count).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}
