#!/usr/bin/env bash
# A Slurm of two nodes on this machine, for tests: cluster.sh up | down
#
# Needs root on Debian or its kin, and apt to install Slurm where it is not there. Ends with 77 and
# one line that says why where that is not possible.
#
# Where the checkout has a neighbour ../shared/tools/slurm_sandbox.sh, or SLURM_SANDBOX_SCRIPT names
# one, that script brings the cluster up, with accounting. Else this one does, without.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
NEIGHBOUR=${SLURM_SANDBOX_SCRIPT:-$HERE/../../../shared/tools/slurm_sandbox.sh}
STATE=${TMPDIR:-/tmp}/incomelens-slurm
export SLURM_CONF=$STATE/slurm.conf
# Where Debian's Slurm looks by itself: jobs do not hand SLURM_CONF on.
FOUND=/etc/slurm/slurm.conf

impossible() { echo "no Slurm for tests: $*" >&2; exit 77; }

packages() {
    dpkg -s "$@" >/dev/null 2>&1 && return
    [[ $EUID == 0 ]] || impossible "it has to be installed and started by root"
    command -v apt-get >/dev/null || impossible "it is installed with apt, which is not here"
    export DEBIAN_FRONTEND=noninteractive
    local log=/tmp/incomelens-slurm-packages.log apt="apt-get -q -y -o DPkg::Lock::Timeout=120"
    { $apt update && $apt install --no-install-recommends "$@"; } >"$log" 2>&1 ||
        impossible "its packages could not be installed: $(tail -n 1 "$log")"
}

# A program in the background, known by its process number.
launch() {
    local name=$1; shift
    setsid "$@" >"$STATE/$name.out" 2>&1 </dev/null &
    echo $! >"$STATE/$name.pid"
}

# Wait until a command succeeds, at most half a minute.
until_it_works() {
    for _ in {1..150}; do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
    echo "did not come to work: $*; see $STATE" >&2; exit 1
}

configure() {
    local host; host=$(hostname -s)
    rm -rf "$STATE"; mkdir -p "$STATE"/{munge,control,node1,node2}
    chmod 711 "$STATE" "$STATE/munge"
    (umask 077; head -c 128 /dev/urandom >"$STATE/munge/key")
    cat >"$SLURM_CONF" <<CONF
ClusterName=incomelens
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=17817
SlurmUser=root
AuthInfo=socket=$STATE/munge/socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
StateSaveLocation=$STATE/control
SlurmdSpoolDir=$STATE/%n
SlurmctldPidFile=$STATE/slurmctld.own
SlurmdPidFile=$STATE/%n.own
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=2,sched_interval=2
SlurmdParameters=config_overrides
# Jobs that ended stay known: without accounting, this is where their end is looked up.
MinJobAge=86400
ReturnToService=2
GresTypes=gpu
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17827 CPUs=4 RealMemory=32000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17828 CPUs=4 RealMemory=32000 Gres=gpu:2
PartitionName=cpu Nodes=node1,node2 Default=YES MaxTime=UNLIMITED State=UP
PartitionName=gpu Nodes=node2 MaxTime=UNLIMITED State=UP
CONF
    # Slurm counts GPUs and hands them out; whether the files are GPUs is nothing to it.
    printf 'NodeName=node2 Name=gpu File=/dev/%s\n' null zero >"$STATE/gres.conf"
}

start() {
    [[ $EUID == 0 ]] || impossible "it has to be started by root"
    [[ ! -e $FOUND || $(readlink "$FOUND") == "$SLURM_CONF" ]] ||
        impossible "$FOUND is there: this machine has a cluster of its own"
    configure
    mkdir -p "$(dirname "$FOUND")"
    ln -sfn "$SLURM_CONF" "$FOUND"
    launch munged munged --foreground --force --key-file="$STATE/munge/key" \
        --socket="$STATE/munge/socket" --pid-file="$STATE/munge/own" \
        --log-file="$STATE/munge/log" --seed-file="$STATE/munge/seed"
    until_it_works munge --socket="$STATE/munge/socket" --no-input
    launch slurmctld slurmctld -D
    until_it_works scontrol ping
    launch node1 slurmd -D -N node1
    launch node2 slurmd -D -N node2
    until_it_works sh -c '[ "$(sinfo -h -p cpu -t idle -o %D)" = 2 ]'
}

stop() {
    scancel --quiet --user=root || true
    for name in node1 node2 slurmctld munged; do
        local number; number=$(cat "$STATE/$name.pid" 2>/dev/null) || continue
        kill "$number" 2>/dev/null || continue
        for _ in {1..50}; do kill -0 "$number" 2>/dev/null || break; sleep 0.2; done
        kill -9 "$number" 2>/dev/null || true
    done
    if [[ $(readlink "$FOUND") == "$SLURM_CONF" ]]; then rm "$FOUND"; fi
    rm -rf "$STATE"
}

case ${1:-} in
    up)
        if [[ -f $NEIGHBOUR && $EUID == 0 ]]; then
            packages slurm-wlm munge slurmdbd mariadb-server
            unset SLURM_CONF
            bash "$NEIGHBOUR" start
            # Its partitions allow an hour; rules ask for what they take at full size.
            for name in cpu gpu; do scontrol update PartitionName=$name MaxTime=UNLIMITED; done
        else
            packages slurm-wlm munge
            start
        fi ;;
    down)
        if [[ -f $NEIGHBOUR && $EUID == 0 ]]; then
            unset SLURM_CONF
            scancel --quiet --user=root || true
            bash "$NEIGHBOUR" purge
        else
            stop
        fi ;;
    *) awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0" >&2; exit 2 ;;
esac
