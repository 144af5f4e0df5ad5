#!/bin/bash
# Starts or stops a Slurm cluster of N nodes on this machine, for tests: start DIR [N=3] | stop DIR (as root, without systemd, on loopback only).
set -euo pipefail
cmd=${1:?start|stop|env}; D=$(realpath -m "${2:?dir}"); N=${3:-3}; H=$(hostname -s); P=${SLURM_CI_PORT:-26817}
export SLURM_CONF=$D/etc/slurm.conf
alive(){ local s; s=$(awk '/^State/{print $2}' "/proc/$1/status" 2>/dev/null) && [ "$s" != Z ]; }
case $cmd in
env) echo "export SLURM_CONF=$SLURM_CONF";;
stop)
  [ -f "$SLURM_CONF" ] && timeout 5 scancel --user="$(id -un)" 2>/dev/null || true
  for f in "$D"/run/slurmd.*.pid "$D"/run/slurmctld.pid "$D"/run/munged.pid; do
    [ -s "$f" ] || continue; p=$(cat "$f"); kill "$p" 2>/dev/null || true
    for _ in $(seq 50); do alive "$p" || break; sleep 0.1; done; alive "$p" && kill -9 "$p" || true
  done;;
start)
  rm -rf "$D"/{run,state,spool}; mkdir -p "$D"/{etc,run,log,state,spool}
  for n in $(seq "$N"); do mkdir -p "$D/spool/n$n"; done
  chmod -R go-w "$D"; chmod 0755 "$D" "$D"/run
  head -c 128 /dev/urandom > "$D/etc/munge.key"; chmod 0600 "$D/etc/munge.key"
  cat > "$D/etc/slurm.conf" <<CONF
ClusterName=ci
SlurmctldHost=$H(127.0.0.1)
SlurmctldPort=$P
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$D/run/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd.%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
PriorityType=priority/basic
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.txt
EnforcePartLimits=ALL
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=5
SlurmctldTimeout=10
KillWait=2
BatchStartTimeout=10
MinJobAge=600
MaxArraySize=10001
JobRequeue=1
RequeueExit=75
DefMemPerCPU=100
NodeName=n[1-$N] NodeAddr=127.0.0.1 Port=[$((P+1))-$((P+N))] CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=n[1-$N] Default=YES MaxTime=01:00:00 DefaultTime=00:10:00 State=UP
CONF
  munged --key-file="$D/etc/munge.key" --socket="$D/run/munge.sock" --pid-file="$D/run/munged.pid" \
         --log-file="$D/log/munged.log" --seed-file="$D/run/munged.seed" --num-threads=2 --force
  slurmctld -i
  for n in $(seq "$N"); do slurmd -N "n$n"; done
  for _ in $(seq 100); do [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = "$N" ] && { echo "ready: $N nodes"; exit 0; }; sleep 0.1; done
  sinfo -N -l >&2; tail -20 "$D"/log/*.log >&2; exit 1;;
esac
