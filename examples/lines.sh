#!/usr/bin/env bash
# Table 1 of "Understanding and Improving Interpolation in Autoencoders via an Adversarial Regularizer" (Berthelot et al.,
# 2018): Mean Distance and Smoothness of seven autoencoders on lines, over training and at its end, beside pixel
# cross-fade, the perfect path and the published figures; and a row of interpolations of each.
#
#   examples/lines.sh --budget small      2^18 images a method: the better part of two hours on two cores
#   examples/lines.sh --budget full       2^24, as published: for a CUDA device
#   examples/lines.sh --budget 65536      so many images
#
# Interrupt it whenever you like: run again, it goes on where it was. METHODS, LR, SNAPSHOTS, STORE, OUT and EVALUATE (more
# options of `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute: no regularizer.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 2 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) images=$((1 << 18)); rate=0.0005 ;;
    full) images=$((1 << 24)); rate=0.0001 ;;
    *) images=$2; rate=0.0005 ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+none}}
METHODS=${METHODS:-none dropout denoising vae aae vqvae acai}
ENDS=${POSECTL_QUICK:+lines#256 lines#272}
read -ra ENDS <<< "${ENDS:-lines#16384 lines#16400}"
LR=${LR:-$rate}
SNAPSHOTS=${SNAPSHOTS:-${POSECTL_QUICK:+2}}
SNAPSHOTS=${SNAPSHOTS:-16}
OUT=${OUT:-lines}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare lines --name lines)
scores=()
rows=()
for method in $METHODS; do
    # The published VQ-VAE has a latent map of 4 x 4, the others one of 2 x 2.
    size=(--latent 64 --set conv.latent_width=2)
    [ "$method" = vqvae ] && size=(--latent 256 --set conv.latent_width=4)
    model=$(posectl train "$data" --reg "$method" "${size[@]}" --steps $((images / 64)) --lr "$LR" \
        --snapshots "$SNAPSHOTS" --name "lines-$method" --resume)
    course=$(posectl evaluate "$model" --weights all --compat acai --metric mean_distance,smoothness,overshoot \
        "${EVALUATE[@]}")
    read -rd '' -a course <<< "$course" || true
    scores+=("${course[@]}")
    rows+=("$(posectl interpolate "${ENDS[@]}" --model "$model" --steps 16 --name "lines-$method-row")")
done
# The last of each method's snapshots is the model itself.
last=()
for ((i = SNAPSHOTS - 1; i < ${#scores[@]}; i += SNAPSHOTS)); do last+=("${scores[i]}"); done
posectl compare "${last[@]}" --published lines -o "$OUT/table.md" --force
posectl plot "${scores[@]}" --kind training-curve -o "$OUT/course.png" --force
posectl render "${rows[@]}" -o "$OUT/rows.png" --force
