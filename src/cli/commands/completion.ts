import type { Command } from '../command.js';

/** The shell calls nucleate itself for the candidates; SHELL tells yargs in which form this shell wants them. */
const scripts = {
  bash: `_nucleate() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(SHELL=bash nucleate --get-yargs-completions "\${COMP_WORDS[@]}")" -- "$2"))
}
complete -o bashdefault -o default -F _nucleate nucleate
`,
  zsh: `#compdef nucleate
_nucleate() {
  local -a candidates=("\${(@f)$(SHELL=zsh nucleate --get-yargs-completions "\${words[@]}")}")
  if [[ -n $candidates ]]; then _describe nucleate candidates; else _files; fi
}
compdef _nucleate nucleate
`,
} as const;

const shells = Object.keys(scripts) as (keyof typeof scripts)[];

export const completionCommand: Command<{ shell: keyof typeof scripts }> = {
  usage: 'completion <shell>',
  describe: 'Print the script with which bash or zsh completes nucleate commands',
  examples: [
    ['source <(nucleate completion bash)', 'in ~/.bashrc'],
    ['source <(nucleate completion zsh)', 'in ~/.zshrc, after compinit'],
  ],
  builder: (parser) =>
    parser.positional('shell', { choices: shells, demandOption: true, describe: 'Which shell' }),
  handler({ shell }, terminal) {
    terminal.result({ text: scripts[shell], value: { shell, script: scripts[shell] } });
  },
};
