#!/usr/bin/env bash
# Every regularizer on poses, in one table; then the recipe `--reg posectl` against the plain autoencoder, means over seeds
# and as multiples of the plain one's: smoothness, distances to real poses, reconstruction.
#
#   examples/poses.sh TRAIN.npz TEST.npz           two files of poses, such as motion capture
#   examples/poses.sh data_3d_h36m.npz             Human3.6M, in any layout that `posectl prepare h36m` reads
#
# Interrupt it whenever you like: run again, it goes on where it was, and ends the same. STEPS, LATENT, METHODS (may be
# empty: then the recipe alone), SEEDS, STORE, OUT and EVALUATE (more options of `posectl evaluate`) may be set in the
# environment. With POSECTL_QUICK=1 it ends within a minute: the recipe alone, one seed.
set -euo pipefail
shopt -s inherit_errexit # a function whose output is taken stops at its first error, too

[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
STEPS=${STEPS:-20000}
LATENT=${LATENT:-8}
[ -z "${POSECTL_QUICK:-}" ] || METHODS=${METHODS-} SEEDS=${SEEDS:-1}
METHODS=${METHODS-dropout denoising vae beta-vae aae vqvae acai gaia gaia2 amr aeai adversarial cycle smooth uniform speed
    near cover}
SEEDS=${SEEDS:-5}
OUT=${OUT:-poses}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

if [ $# -ge 2 ]; then
    data=$(posectl prepare arrays "$1" --test "$2" --name poses)
else
    data=$(posectl prepare h36m "$1" --subsample 10 --name poses)
fi

scored() { # REGULARIZER SEEDS: the sweep over seeds, trained and scored
    local sweep
    sweep=$(posectl sweep "$data" --reg "$1" --latent "$LATENT" --seeds "$2" --steps "$STEPS" --name "$1-d$LATENT")
    posectl evaluate "$sweep" "${EVALUATE[@]}" > /dev/null
    echo "$sweep"
}

plain=$(scored none "$SEEDS")
recipe=$(scored posectl "$SEEDS")
posectl compare "$plain" "$recipe" --seeds -o "$OUT/recipe-d$LATENT.md" --force
posectl compare "$plain" "$recipe" --seeds --ratio -o "$OUT/recipe-d$LATENT-ratio.md" --force

rows=()
for method in $METHODS; do
    rows+=("$(scored "$method" 1)")
done
posectl compare "$plain" "${rows[@]}" "$recipe" --seeds -o "$OUT/regularizers-d$LATENT.md" --force
