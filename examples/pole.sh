#!/usr/bin/env bash
# The pole and its shadow of "Autoencoder Image Interpolation by Shaping the Latent Space" (Oring et al., 2021): six
# regularizers, none, and the pixel cross-fade, against the true images between two shadows: error over alpha and over the
# length of the way, retrieval of alpha, monotonicity; rows, blocks and the latent manifold.
#
#   examples/pole.sh --budget small       1,000 steps of 64 images a method
#   examples/pole.sh --budget full        30,000: for a CUDA device
#   examples/pole.sh --budget 5000        so many steps
#
# Interrupt it whenever you like: run again, it goes on where it was. METHODS, LR, STORE, OUT, PREPARE, TRAIN and EVALUATE
# (more options of `posectl prepare pole`, of `posectl train`, such as --precision bf16 or --net mlp, and of `posectl
# evaluate`) may be set in the environment; METHODS="none beta-vae:0.3 aeai" gives a method another weight than its paper's,
# and METHODS="none beta-vae:0.1,0.3,1" several, of which the one is taken that has the lowest CHOOSE (alpha_mse) on
# validation angles, a tenth of the training angles held out; test angles are scored of the chosen ones alone.
# With POSECTL_QUICK=1 it ends within a minute: no regularizer.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 2 ] || { sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=1000 ;;
    full) steps=30000 ;;
    *) steps=$2 ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+none}}
METHODS=${METHODS:-none beta-vae aae acai gaia amr aeai}
LR=${LR:-0.001}
CHOOSE=${CHOOSE:-alpha_mse}
OUT=${OUT:-pole}
read -ra PREPARE <<< "${PREPARE:-}"
read -ra TRAIN <<< "${TRAIN:-}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

[[ $METHODS != *,* ]] || PREPARE+=(--validation 0.1)
data=$(posectl prepare pole "${PREPARE[@]}" --name pole)
models=()
rows=()
blocks=()
for entry in $METHODS; do
    method=${entry%%:*}
    [ "$entry" = "$method" ] && weights=("") || IFS=, read -ra weights <<< "${entry#*:}"
    tried=()
    for weight in "${weights[@]}"; do
        name=pole-$method
        [ ${#weights[@]} -eq 1 ] || name+=-$weight
        tried+=("$(posectl train "$data" --reg "$method" ${weight:+--lam "$weight"} --net vgg --latent 256 --steps "$steps" \
            --lr "$LR" "${TRAIN[@]}" --name "$name" --resume)")
    done
    model=${tried[0]}
    if [ ${#tried[@]} -gt 1 ]; then
        posectl evaluate "${tried[@]}" --split validation --metric "$CHOOSE" "${EVALUATE[@]}" > "$OUT/tried-$method.txt"
        model=$(posectl compare "${tried[@]}" --choose "$CHOOSE")
    fi
    models+=("$model")
    rows+=("$(posectl interpolate pole#0 pole#128 --model "$model" --steps 16 --name "pole-$method-row")")
    blocks+=("$(posectl interpolate pole#0 pole#128 pole#7 pole#135 --grid 8 --model "$model" \
        --name "pole-$method-block")")
    posectl plot "$model" --kind manifold -o "$OUT/manifold-$method.png" --force
done
scores=$(posectl evaluate "${models[@]}" baseline:crossfade --against "$data" "${EVALUATE[@]}")
read -rd '' -a scores <<< "$scores" || true
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
for kind in errors retrieval distances; do
    posectl plot "${scores[@]}" --kind "$kind" -o "$OUT/$kind.png" --force
done
posectl render "${rows[@]}" -o "$OUT/rows.png" --force
posectl render "${blocks[@]}" -o "$OUT/blocks.png" --force
