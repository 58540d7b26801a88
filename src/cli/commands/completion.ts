import type { Command } from '../command.js';

/** The scripts ask nucleate itself for the completions; yargs prints them in the format of the shell named by SHELL. */
const scripts = {
  bash: `_nucleate() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(SHELL=bash nucleate --get-yargs-completions "\${COMP_WORDS[@]}")" -- "$2"))
}
complete -o bashdefault -o default -F _nucleate nucleate
`,
  zsh: `#compdef nucleate
_nucleate() {
  local -a completions=("\${(@f)$(SHELL=zsh nucleate --get-yargs-completions "\${words[@]}")}")
  if [[ -n $completions ]]; then _describe nucleate completions; else _files; fi
}
compdef _nucleate nucleate
`,
} as const;

const shells = Object.keys(scripts) as (keyof typeof scripts)[];

export const completionCommand: Command<{ shell: keyof typeof scripts }> = {
  usage: 'completion <shell>',
  describe: 'Print a completion script for bash or zsh',
  examples: [
    ['source <(nucleate completion bash)', 'in ~/.bashrc'],
    ['source <(nucleate completion zsh)', 'in ~/.zshrc, after compinit'],
  ],
  builder: (parser) =>
    parser.positional('shell', { choices: shells, demandOption: true, describe: 'The shell' }),
  handler({ shell }, terminal) {
    terminal.result({ text: scripts[shell], value: { shell, script: scripts[shell] } });
  },
};
