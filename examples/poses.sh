#!/usr/bin/env bash
# Every regularizer on poses, in one table; then the recipe `--reg posectl` against the plain autoencoder, means over seeds
# and as multiples of the plain one's: smoothness, distances to real poses, reconstruction.
#
#   examples/poses.sh TRAIN.npz TEST.npz           two files of poses, such as motion capture
#   examples/poses.sh data_3d_h36m.npz             Human3.6M, in any layout that `posectl prepare h36m` reads
#   examples/poses.sh mannequin                    drawn ones
#
# Interrupt it whenever you like: run again, it goes on where it was, and ends the same. STEPS, LATENT (one or several:
# "4 8 16 32"), METHODS (may be empty: then the recipe alone), SEEDS, STORE, OUT, and PREPARE, TRAIN and EVALUATE (more
# options of these commands, such as --validation 0.1) may be set in the environment. With POSECTL_QUICK=1 it ends within
# a minute: the recipe alone, one seed.
set -euo pipefail
shopt -s inherit_errexit # a function whose output is taken stops at its first error, too

[ $# -ge 1 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
STEPS=${STEPS:-20000}
LATENT=${LATENT:-8}
[ -z "${POSECTL_QUICK:-}" ] || METHODS=${METHODS-} SEEDS=${SEEDS:-1}
METHODS=${METHODS-dropout denoising vae beta-vae aae vqvae acai gaia gaia2 amr aeai adversarial cycle smooth uniform speed
    near cover}
SEEDS=${SEEDS:-5}
OUT=${OUT:-poses}
read -ra PREPARE <<< "${PREPARE:-}"
read -ra TRAIN <<< "${TRAIN:-}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

if [ $# -ge 2 ]; then
    data=$(posectl prepare arrays "$1" --test "$2" "${PREPARE[@]}" --name poses)
elif [ "$1" = mannequin ]; then
    data=$(posectl prepare mannequin "${PREPARE[@]}" --name poses)
else
    data=$(posectl prepare h36m "$1" --subsample 10 "${PREPARE[@]}" --name poses)
fi

scored() { # REGULARIZER SEEDS D: the sweep over seeds of codes of D numbers, trained and scored
    local sweep
    sweep=$(posectl sweep "$data" --reg "$1" --latent "$3" --seeds "$2" --steps "$STEPS" "${TRAIN[@]}" --name "$1-d$3")
    posectl evaluate "$sweep" "${EVALUATE[@]}" > /dev/null
    echo "$sweep"
}

for d in $LATENT; do
    plain=$(scored none "$SEEDS" "$d")
    recipe=$(scored posectl "$SEEDS" "$d")
    posectl compare "$plain" "$recipe" --seeds -o "$OUT/recipe-d$d.md" --force
    posectl compare "$plain" "$recipe" --seeds --ratio -o "$OUT/recipe-d$d-ratio.md" --force

    rows=()
    for method in $METHODS; do
        rows+=("$(scored "$method" 1 "$d")")
    done
    posectl compare "$plain" "${rows[@]}" "$recipe" --seeds -o "$OUT/regularizers-d$d.md" --force
done
