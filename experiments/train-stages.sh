#!/bin/bash
# Trains a plan of stages one after the other, in stretches: what is finished is left out, what was interrupted goes on.
#
#     experiments/train-stages.sh PLAN [FOLDER]      # killed at any instant, called again
#
# A line of PLAN is `NAME detector|segmenter ARGUMENTS of nucleate train`; `@NAME` stands for the run of an earlier stage, empty
# lines and those that begin with # count nothing. Runs lie in FOLDER (runs), logs beside them as NAME.log.
set -u
plan=$1
folder=${2:-runs}
mkdir -p "$folder"
while read -r name task arguments; do
  case $name in '' | '#'*) continue ;; esac
  run=$folder/$name
  if grep -q '"state": *"finished"' "$run/status.json" 2>/dev/null; then continue; fi
  if ls "$run"/checkpoints/step-* >/dev/null 2>&1; then
    set -- train "$task" --resume "$run"
  else
    rm -rf "$run"
    # shellcheck disable=SC2086 # one word an argument
    set -- train "$task" --run-dir "$run" ${arguments//@/$folder/}
  fi
  echo "$(date -u +%H:%M:%S) $name: $*"
  nice -n 19 node bin/nucleate.js "$@" --no-progress >>"$folder/$name.log" 2>&1 </dev/null || { echo "$name failed, see $folder/$name.log"; exit 1; }
done <"$plan"
