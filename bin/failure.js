/**
 * Prints why `nucleate` stopped, in the format of src/cli/report-error.ts, which cannot be loaded at this point.
 *
 * @param {{ what: string, hint: string, code: number }} failure
 * @param {{ json: boolean }} options `json` puts it on stdout as the one JSON document.
 */
export function printFailure({ what, hint, code }, { json }) {
  if (json)
    process.stdout.write(`${JSON.stringify({ error: { code, what, hint, problems: [] } }, null, 2)}\n`);
  else process.stderr.write(`error: ${what}\n  hint: ${hint}\n`);
}
