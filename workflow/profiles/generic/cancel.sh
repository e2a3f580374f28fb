#!/usr/bin/env bash
# End jobs.  cancel.sh NUMBER...
set -euo pipefail
if command -v scancel >/dev/null; then scancel "$@" # Slurm
elif command -v bkill >/dev/null; then bkill "$@"   # LSF
else qdel "$@"; fi                                  # PBS, Grid Engine
