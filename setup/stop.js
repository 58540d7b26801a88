/** An error that the user can fix; `setup.js` prints it and ends with `exitCode` (docs/exit-codes.md). */
export class SetupStop extends Error {
  /**
   * @param {string} what one sentence: what is wrong
   * @param {string} hint one sentence: what to do, with the command where there is one
   * @param {2 | 8 | 9} exitCode 2 for wrong arguments, 8 for disk and permissions, 9 for what the machine lacks
   */
  constructor(what, hint, exitCode = 9) {
    super(what);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
