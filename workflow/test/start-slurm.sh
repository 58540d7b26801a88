#!/usr/bin/env bash
# Starts a whole SLURM on this machine, as root and without systemd: one node, no accounting. For tests only: its munge key and state are in
# the folder that is named. Needs Debian's slurm-wlm and munge (apt-get install slurm-wlm munge).
#
#   workflow/test/start-slurm.sh FOLDER   starts it, prints SLURM_CONF=..., which all commands of SLURM need in their environment
#   workflow/test/stop-slurm.sh FOLDER    ends it
set -euo pipefail
mkdir -p "${1:?the folder of the cluster}"
root=$(cd "$1" && pwd)
mkdir -p "$root"/{state,spool,log}
node=$(hostname -s)
# Jobs of tests wait more than they compute, so each processor counts as two.
processors=$((2 * $(nproc)))
megabytes=$(($(awk '/MemTotal/ { print $2 }' /proc/meminfo) / 1024))

# Two clusters on one machine need ports of their own.
port=${SLURM_TEST_PORT:-16817}
cat >"$root/slurm.conf" <<CONF
ClusterName=nucleate
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/munge.socket
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool
SlurmctldPidFile=$root/slurmctld.pid
SlurmdPidFile=$root/slurmd.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.log
# Without systemd and dbus, cgroups of version 2 do not work.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
MpiDefault=none
# Without accounting, squeue is what tells how a job ended: it has to remember it.
MinJobAge=3600
# s from SIGTERM to SIGKILL.
KillWait=30
SlurmdTimeout=20
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$processors RealMemory=$megabytes State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

# Jobs that clear their environment, as Snakemake's do, find the cluster here.
if [ ! -e /etc/slurm/slurm.conf ] || [ -L /etc/slurm/slurm.conf ]; then
  mkdir -p /etc/slurm
  ln -sfn "$root/slurm.conf" /etc/slurm/slurm.conf
fi

[ -f "$root/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$root/munge.key")
munged --force --key-file="$root/munge.key" --socket="$root/munge.socket" --pid-file="$root/munge.pid" \
  --log-file="$root/log/munge.log" --seed-file="$root/munge.seed" >&2
export SLURM_CONF="$root/slurm.conf"
slurmctld >&2
slurmd >&2
for _ in $(seq 60); do
  if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then
    echo "SLURM_CONF=$SLURM_CONF"
    exit 0
  fi
  sleep 0.5
done
echo "SLURM did not start within 30 s: $root/log" >&2
exit 1
