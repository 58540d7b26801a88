#!/usr/bin/env bash
# Ends what start-slurm.sh has started in a folder, and its jobs.
set -uo pipefail
root=$(cd "${1:?the folder of the cluster}" && pwd)
export SLURM_CONF="$root/slurm.conf"
scancel --quiet --user="$(id -un)" 2>/dev/null
for name in slurmd slurmctld munge; do
  [ -f "$root/$name.pid" ] || continue
  pid=$(cat "$root/$name.pid")
  kill "$pid" 2>/dev/null
  for _ in $(seq 40); do kill -0 "$pid" 2>/dev/null && sleep 0.25; done
done
[ "$(readlink /etc/slurm/slurm.conf)" = "$root/slurm.conf" ] && rm /etc/slurm/slurm.conf
exit 0
