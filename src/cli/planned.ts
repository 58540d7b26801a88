import { exitCodes, NucleateError } from '../errors.js';

/** Commands of later versions. A name leaves this list when its command arrives. */
const planned = ['predict'];

/** The error for a command that does not exist yet; `undefined` for any other name. */
export function plannedCommand(name: string): NucleateError | undefined {
  if (!planned.includes(name)) return undefined;
  return new NucleateError({
    what: `\`nucleate ${name}\` does not exist in this version.`,
    mend: '`nucleate --help` shows what works today.',
    exitCode: exitCodes.usage,
  });
}
