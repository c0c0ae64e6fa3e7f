#!/usr/bin/env bash
# A model as a pose prior: completion of hidden joints, denoising, inverse kinematics and generation, of five autoencoders
# beside baselines from the training poses alone (regression, a network trained for the masks, the nearest pose, a code from
# random starts, ...) and published figures of other data.
#
#   examples/prior.sh --budget small TRAIN.npz TEST.npz      4,000 steps a model, 500 poses, one seed
#   examples/prior.sh --budget full TRAIN.npz TEST.npz       20,000 steps, 2,000 poses, three seeds
#   examples/prior.sh --budget 10000 TRAIN.npz TEST.npz      so many steps, as small
#
# Interrupt it whenever you like: run again, it goes on where it was. TASKS, METHODS, LATENT, POSES, SEEDS, STORE, OUT and
# TRAIN (more options of `posectl train`) may be set in the environment. With POSECTL_QUICK=1 it ends within minutes.
set -euo pipefail
shopt -s inherit_errexit # a function whose output is taken stops at its first error, too

[ "${1:-}" = --budget ] && [ $# -eq 4 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=4000 poses=500 seeds=1 ;;
    full) steps=20000 poses=2000 seeds=3 ;;
    *) steps=$2 poses=500 seeds=1 ;;
esac
TASKS=${TASKS:-completion denoising ik generation}
METHODS=${METHODS:-${POSECTL_QUICK:+none posectl}}
METHODS=${METHODS:-none acai vae aae posectl}
LATENT=${LATENT:-16}
POSES=${POSES:-$poses}
SEEDS=${SEEDS:-$seeds}
OUT=${OUT:-prior}
read -ra TRAIN <<< "${TRAIN:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare arrays "$3" --test "$4" --name poses)
models=()
for method in $METHODS; do
    models+=("$(posectl sweep "$data" --reg "$method" --latent "$LATENT" --seeds "$SEEDS" --steps "$steps" "${TRAIN[@]}" \
        --name "$method-d$LATENT")")
done
for task in $TASKS; do
    scores=$(posectl evaluate "${models[@]}" --task "$task" --poses "$POSES" -q)
    read -rd '' -a scores <<< "$scores" || true
    posectl compare "${scores[@]}" --seeds -o "$OUT/$task.md" --force
    posectl compare "${scores[@]}" --seeds --metric all -o "$OUT/$task.csv" --force
done
