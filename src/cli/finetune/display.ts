import type { FinetuneEvent, FinetuneStarted, Stage } from '../../finetune/finetune-events.js';
import { formatCount } from '../../report/numbers.js';
import type { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { TrainDisplay } from '../train/display.js';
import { scoreText } from './result-text.js';

/** Shows the events of one fine-tuning. */
export class FinetuneDisplay {
  readonly #terminal: Terminal;
  #counting: { readonly what: string; readonly progress: Progress } | undefined;
  #training: { readonly stage: Stage; readonly display: TrainDisplay } | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: FinetuneEvent): void {
    switch (event.event) {
      case 'reading':
      case 'scoring':
        return this.#count(event.event, event.done, event.total);
      case 'measuring':
        return this.#say('measuring how long a step takes');
      case 'plan':
        return this.#plan(event);
      case 'training': {
        const { stage, about } = event;
        if (this.#training?.stage !== stage) {
          this.#say(`training the ${stage}`);
          this.#training = { stage, display: new TrainDisplay(this.#terminal) };
        }
        return this.#training.display.show(about);
      }
      case 'packing':
        return this.#say('making one model of both networks');
      case 'choosing':
        return this.#say('choosing thresholds');
      case 'warning':
        return this.#terminal.warn(event.text);
      case 'ended':
        return this.#terminal.endProgress();
    }
  }

  #say(text: string): void {
    this.#terminal.endProgress();
    this.#counting = undefined;
    this.#terminal.notice(text);
  }

  #count(what: string, done: number, total: number): void {
    if (this.#counting?.what !== what) {
      this.#terminal.endProgress();
      this.#counting = { what, progress: this.#terminal.progress(what, total) };
    }
    this.#counting.progress.update(done);
    if (done < total) return;
    this.#terminal.endProgress();
    this.#counting = undefined;
  }

  #plan(plan: FinetuneStarted): void {
    this.#terminal.endProgress();
    for (const line of planLines(plan)) this.#terminal.notice(line);
  }
}

function planLines(plan: FinetuneStarted): string[] {
  const { learnsFrom, validatesOn, steps, seconds, before, replays } = {
    ...plan,
    replays: plan.learnsFrom.replayed,
  };
  const nuclei = (count: number) => formatCount(count, 'nucleus', 'nuclei');
  const listed = validatesOn.ids.slice(0, 5).join(', ') + (validatesOn.images > 5 ? ', ...' : '');
  return [
    `${plan.resumed ? 'continues  ' : 'begins with'} ${plan.resumed ? plan.folder : plan.model}`,
    `learns from ${formatCount(learnsFrom.images, 'image')} with ${nuclei(learnsFrom.nuclei)}` +
      (replays > 0 ? `, and again from ${formatCount(replays, 'older image')}` : ''),
    validatesOn.unseen
      ? `validates   on ${formatCount(validatesOn.images, 'other image')} with ${nuclei(validatesOn.nuclei)}, left out of this training: ${listed}`
      : 'validates   on the same images, since there are too few to leave some out: the scores say little',
    `steps       ${formatCount(steps.detector, 'step')} of the detector, ${steps.segmenter.toLocaleString('en')} of the segmenter` +
      (seconds ? `; ${seconds.detector.toFixed(2)} s and ${seconds.segmenter.toFixed(2)} s each here` : ''),
    ...(seconds ? [`takes       about ${durationText(seconds.all)}`] : []),
    `writes      ${plan.out}; if it is stopped: nucleate finetune --resume ${plan.folder}`,
    `before      ${scoreText(before)}`,
  ];
}

const durationText = (seconds: number) =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
