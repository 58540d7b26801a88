import type { RunStarted, StepDone, TrainEvent, ValidationDone } from '../../train/events.js';
import { RecentMedian } from './recent-median.js';
import { formatCount } from '../../report/numbers.js';
import { metricLabel } from '../../run/metric-names.js';
import type { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';

/** Steps of the median that times and losses are shown as; as in detectron2. */
const smoothed = 20;

/** Steps of the median that the remaining time is estimated from; a few slow ones do not change it. */
const estimated = 200;

/** Seconds between plain lines: about a thousand lines in a night. */
const plainSeconds = 30;

/** Shows the events of one training. */
export class TrainDisplay {
  readonly #terminal: Terminal;
  readonly #began = performance.now();
  readonly #stepMs = new RecentMedian(smoothed);
  readonly #dataMs = new RecentMedian(smoothed);
  readonly #wholeMs = new RecentMedian(estimated);
  readonly #losses = new Map<string, RecentMedian>();
  #progress: Progress | undefined;
  #run: RunStarted | undefined;
  #last: StepDone | undefined;
  #validation: ValidationDone | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: TrainEvent): void {
    switch (event.event) {
      case 'started':
        return this.#start(event);
      case 'step':
        return this.#step(event);
      case 'validating':
        return this.#update(`validating ${event.done}/${event.total}`);
      case 'validation':
        this.#validation = event;
        this.#update();
        return this.#terminal.notice(validationText(event, this.#run!));
      case 'checkpoint':
        return this.#terminal.detail(
          `step ${event.step}: saved in ${event.seconds.toFixed(1)} s (${event.folder})`,
        );
      case 'notice':
        return this.#terminal.notice(event.text);
      case 'warning':
        return this.#terminal.warn(event.text);
      case 'ended':
        return this.#terminal.endProgress();
    }
  }

  #start(run: RunStarted): void {
    this.#run = run;
    const { train, validation } = run.images;
    this.#terminal.notice(
      `${run.resumed ? `resumed at step ${run.step}` : 'started'}: ${run.folder}; ${count(run.weights)} weights, ` +
        `${formatCount(train, 'image')} for training, ${validation} for validation`,
    );
    this.#progress = this.#terminal.progress('training', run.steps, { plainSeconds });
  }

  #step(event: StepDone): void {
    this.#last = event;
    this.#stepMs.add(event.stepMs);
    this.#dataMs.add(event.dataMs);
    this.#wholeMs.add(event.stepMs + event.dataMs);
    for (const [name, value] of Object.entries({ loss: event.loss, ...event.parts })) {
      const recent = this.#losses.get(name) ?? new RecentMedian(smoothed);
      this.#losses.set(name, recent);
      recent.add(value);
    }
    this.#update();
  }

  #update(first = ''): void {
    const { step } = this.#last ?? this.#run!;
    this.#progress?.update(step, [first, ...this.#words()].filter(Boolean).join(', '), this.#secondsLeft());
  }

  /** The time until the steps or the minutes of the budget are used up, whichever comes first. */
  #secondsLeft(): number | undefined {
    const { steps, minutes } = this.#run!;
    const perStep = this.#wholeMs.median;
    const ofSteps =
      steps > 0 && perStep !== undefined ? ((steps - this.#last!.step) * perStep) / 1000 : Infinity;
    const ofMinutes = minutes > 0 ? 60 * minutes - (performance.now() - this.#began) / 1000 : Infinity;
    const left = Math.max(0, Math.min(ofSteps, ofMinutes));
    return Number.isFinite(left) ? left : undefined;
  }

  /** The most important first, since a narrow terminal cuts off the end. */
  #words(): string[] {
    if (!this.#last) return [];
    const { epoch, learningRate, crops, memoryMiB } = this.#last;
    const stepMs = this.#stepMs.median ?? 0;
    const dataMs = this.#dataMs.median ?? 0;
    const [loss, ...parts] = [...this.#losses].map(
      ([name, recent]) => `${name} ${digits(recent.median ?? 0)}`,
    );
    const best = this.#validation
      ? `best ${this.#run!.scoreName} ${this.#validation.best.score.toFixed(3)}`
      : '';
    return [
      loss!,
      best,
      `epoch ${epoch.toFixed(1)}`,
      `${time(stepMs)}+${time(dataMs)} data`,
      `${digits((1000 * crops) / (stepMs + dataMs))} crops/s`,
      ...parts,
      `lr ${learningRate.toExponential(1)}`,
      `${(memoryMiB / 1024).toFixed(1)} GiB`,
    ];
  }
}

function validationText(
  { step, score, best, metrics, seconds }: ValidationDone,
  { scoreName, metricNames }: RunStarted,
): string {
  // The first is the score's own.
  const others = metricNames
    .slice(1)
    .map((name) => `${metricLabel(name, scoreName)} ${metricText(metrics[name])}`);
  const verdict =
    best.step === step ? 'the best so far' : `best ${best.score.toFixed(4)} at step ${best.step}`;
  return `step ${step}: ${scoreName} ${score.toFixed(4)}, ${verdict} (${[...others, `${Math.round(seconds)} s`].join(', ')})`;
}

const metricText = (value: number | null | undefined) => (typeof value === 'number' ? digits(value) : '-');

/** Three significant digits. */
const digits = (value: number) =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));

const time = (ms: number) => (ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`);

/** `26.9 M`. */
function count(number: number): string {
  if (number < 1e4) return String(number);
  return number < 1e6 ? `${digits(number / 1e3)} k` : `${digits(number / 1e6)} M`;
}
