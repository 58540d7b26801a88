import { exitCodes } from '../errors.js';
import type { RunStatus } from '../run/status.js';

/** Signals that stop a training after it has saved a checkpoint. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Why a training ended: its budget of steps or minutes, its patience, or a signal. */
export type Ending = 'steps' | 'minutes' | 'patience' | StopSignal;

/** 128 + the number of the signal, as shells report it. */
export const exitCodeOf = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What `status.json` says after an ending. */
export function endedStatus(ending: Ending): Pick<RunStatus, 'state' | 'exitCode' | 'message'> {
  switch (ending) {
    case 'SIGINT':
    case 'SIGTERM':
    case 'SIGHUP':
      return { state: 'interrupted', exitCode: exitCodeOf[ending], message: `stopped by ${ending}` };
    case 'minutes':
      return { state: 'interrupted', exitCode: exitCodes.ok, message: 'the time budget is used up' };
    case 'steps':
    case 'patience':
      return { state: 'finished', exitCode: exitCodes.ok, message: null };
  }
}
