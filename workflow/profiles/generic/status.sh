#!/usr/bin/env bash
# Say how a job is: running (or waiting), success, failed.  status.sh NUMBER
set -euo pipefail
number=$1

# The scheduler's word for the job.
if command -v sbatch >/dev/null; then # Slurm: the queue while it knows the job, then the accounts
    word=$(squeue --noheader --states=all --jobs="$number" --format=%T 2>/dev/null || true)
    word=${word:-$(sacct --noheader --allocations --jobs="$number" --format=State%20 2>/dev/null || true)}
elif command -v bjobs >/dev/null; then # LSF
    word=$(bjobs -noheader -o stat "$number")
elif command -v pbsnodes >/dev/null; then # PBS: F with its exit status, else a letter
    word=$(qstat -xf "$number" | awk '/job_state/ {state = $3} /Exit_status/ {status = $3}
        END {if (state == "F") print (status == 0 ? "DONE" : "EXIT"); else print "RUN"}')
else # Grid Engine: jobs that ended are in its accounts
    if qstat -j "$number" >/dev/null 2>&1; then word=RUN
    else word=$(qacct -j "$number" | awk '/^(failed|exit_status)/ {if ($2 != 0) bad = 1}
        END {print (bad ? "EXIT" : "DONE")}'); fi
fi

case $(echo "$word" | head -n 1 | tr -d ' +') in
    COMPLETED | DONE) echo success ;;
    BOOT_FAIL | CANCELLED* | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | TIMEOUT | EXIT) echo failed ;;
    *) echo running ;; # one that the scheduler does not know yet is still on its way
esac
