#!/usr/bin/env bash
# Send a job; print its number.  submit.sh CORES MB MINUTES GPUS JOBSCRIPT
set -euo pipefail
cores=$1 mb=$2 minutes=$3 gpus=$4 script=$5
logs=.snakemake/scheduler_logs
mkdir -p "$logs"

if command -v sbatch >/dev/null; then # Slurm
    options=(--cpus-per-task="$cores" --mem="$mb" --time="$minutes" --output="$logs/%j.log")
    if ((gpus)); then options+=(--gres="gpu:$gpus" --partition="${GPU_QUEUE:-gpu}"); fi
    sbatch --parsable --no-requeue "${options[@]}" "$script" | cut -d ';' -f 1
elif command -v bsub >/dev/null; then # LSF
    options=(-n "$cores" -R "span[hosts=1] rusage[mem=${mb}MB]" -W "$minutes" -o "$logs/%J.log")
    if ((gpus)); then options+=(-gpu "num=$gpus" -q "${GPU_QUEUE:-gpu}"); fi
    bsub "${options[@]}" <"$script" | sed -E 's/^Job <([0-9]+)>.*/\1/'
elif command -v pbsnodes >/dev/null; then # PBS
    options=(-l "select=1:ncpus=$cores:mem=${mb}mb:ngpus=$gpus" -l "walltime=$((minutes * 60))")
    if ((gpus)); then options+=(-q "${GPU_QUEUE:-gpu}"); fi
    qsub -j oe -o "$logs" "${options[@]}" "$script"
elif command -v qsub >/dev/null; then # Grid Engine: memory is asked for by the core
    options=(-pe "${PARALLEL_ENVIRONMENT:-smp}" "$cores" -l "h_vmem=$((mb / cores))M" -l "h_rt=$((minutes * 60))")
    if ((gpus)); then options+=(-l "gpu=$gpus"); fi
    qsub -terse -cwd -V -j y -o "$logs" "${options[@]}" "$script"
else
    echo "no scheduler here: none of sbatch, bsub, qsub is on the PATH" >&2
    exit 1
fi
