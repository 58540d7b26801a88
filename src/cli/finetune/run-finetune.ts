import type { FinetuneEnded, FinetuneEvent } from '../../finetune/finetune-events.js';
import type { FinetuneOptions } from '../../finetune/finetune-options.js';
import { exitCodeOf } from '../../train/ending.js';
import type { Terminal } from '../terminal.js';
import { stopOnSignals } from '../train/stop-signals.js';
import { FinetuneDisplay } from './display.js';
import { resultText } from './result-text.js';

/** Fine-tunes and shows the progress. A signal stops it after a checkpoint and sets the exit code. */
export async function runFinetune(
  terminal: Terminal,
  work: (options: Pick<FinetuneOptions, 'stop' | 'onEvent'>) => Promise<FinetuneEnded>,
): Promise<void> {
  const display = new FinetuneDisplay(terminal);
  const { stop, listen, release } = stopOnSignals((signal) =>
    terminal.notice(
      `${signal}: finishing the step and saving; a second ${signal} ends at once, without saving`,
    ),
  );
  const onEvent = (event: FinetuneEvent) => {
    if (event.event === 'plan') listen();
    terminal.event(event);
    display.show(event);
  };
  try {
    const ended = await work({ stop, onEvent });
    if (ended.ending === 'finished') {
      terminal.summary(resultText(ended));
      return;
    }
    process.exitCode = exitCodeOf[ended.ending];
    if (ended.folder !== null) terminal.summary(`next        nucleate finetune --resume ${ended.folder}`);
  } finally {
    release();
  }
}
