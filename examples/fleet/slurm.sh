#!/bin/bash
# A fleet on SLURM: one Ray node on each machine of the allocation.
#
#   sbatch slurm.sh /shared/photos /shared/trained [options of keras-singan fleet]
#
# The output must be a folder that all machines see. When the time is over, submit the
# same line again: it goes on.
#SBATCH --job-name=keras-singan-fleet
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=08:00:00
# Two minutes before the end the driver is told to save and stop.
#SBATCH --signal=B:TERM@120
set -euo pipefail

if [ "$#" -lt 2 ]; then
    echo "usage: sbatch slurm.sh INPUT PLACE [OPTIONS]" >&2
    exit 2
fi
input=$1 place=$2
shift 2

head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=6379
export RAY_USAGE_STATS_ENABLED=0

srun --nodes=1 --ntasks=1 --nodelist="$head" \
    ray start --head --port="$port" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
sleep 20
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    srun --nodes="$((SLURM_JOB_NUM_NODES - 1))" --ntasks-per-node=1 --exclude="$head" \
        ray start --address="$head:$port" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
    sleep 20
fi

keras-singan fleet "$input" --output "$place" --address "$head:$port" \
    --cpus-per-photo 4 --verbose 2 "$@" &
driver=$!
trap 'kill -TERM "$driver"' TERM
# The first wait ends with the signal, the second with the driver.
wait "$driver" || wait "$driver"
