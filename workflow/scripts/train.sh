#!/usr/bin/env bash
# Trains a run, or goes on where it was stopped: the checkpoints are in its folder, which no engine knows of, so that none deletes them.
#
#   train.sh RUN FINAL TASK CONFIG [OPTION...]    FINAL is written when the run has ended: its state, as `nucleate runs show --json`
#
# NUCLEATE is the command.
set -euo pipefail
run=$1 final=$2 task=$3 config=$4
shift 4
nucleate=${NUCLEATE:-nucleate}

has_checkpoint() { compgen -G "$run/checkpoints/step-*" >/dev/null; }

finish() {
  mkdir -p "$(dirname "$final")"
  $nucleate runs show "$run" --json >"$final.part"
  mv "$final.part" "$final"
}

# It was killed after the training, before it could say so: nothing is left to train.
if grep -qs '"state": *"finished"' "$run/status.json"; then
  finish
  exit 0
fi

# A run without a checkpoint has nothing to go on from.
if has_checkpoint; then
  set -- --resume "$run"
else
  rm -rf "$run"
  mkdir -p "$(dirname "$run")"
  set -- --config "$config" --run-dir "$run" "$@"
fi

# An engine signals this script; nucleate saves a checkpoint and ends.
$nucleate train "$task" "$@" --no-progress &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
status=0
wait "$child" || status=$?
while kill -0 "$child" 2>/dev/null; do
  status=0
  wait "$child" || status=$?
done
[ "$status" -eq 0 ] || exit "$status"
finish
