#!/usr/bin/env bash
# One object of COIL on its turntable, or two at once (Oring et al., 2021, Figs. 6, 7, 9 and 10; Beckham et al., 2019):
# regularizers against the true views between two and beyond them, and pixel cross-fade; rows that go on beyond their ends,
# and blocks.
#
#   examples/coil.sh --budget small FOLDER [OBJECT]      500 steps of 64 images a method
#   examples/coil.sh --budget full FOLDER [OBJECT]       20,000: for a CUDA device
#   examples/coil.sh --budget 5000 FOLDER 5,14           so many steps; two objects, beside the view a second factor
#
# FOLDER holds obj{n}__{degrees}.png (COIL-100) or obj{n}__{index}.png (COIL-20). Interrupt it whenever you like: run again,
# it goes on where it was. METHODS, SIZE, LR, STORE, OUT, TRAIN and EVALUATE (more options of `posectl train` and `posectl
# evaluate`) may be set in the environment; METHODS="none beta-vae:0.3 aeai perceptual" gives a method another weight than
# its paper's, and adds the perceptual loss. With POSECTL_QUICK=1 it ends within a minute: no regularizer.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -ge 3 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=500 ;;
    full) steps=20000 ;;
    *) steps=$2 ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+none}}
METHODS=${METHODS:-none beta-vae aae acai gaia amr aeai}
SIZE=${SIZE:-${POSECTL_QUICK:+32}}
SIZE=${SIZE:-64}
LR=${LR:-0.001}
OUT=${OUT:-coil}
read -ra TRAIN <<< "${TRAIN:-}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare images "$3" --objects "${4:-5}" --size "$SIZE" --name coil)
kinds=(errors retrieval distances)
corners=(coil#0 coil#12 coil#36 coil#48)
if [[ ${4:-} == *,* ]]; then
    kinds=(errors retrieval)
    corners=(coil#0 coil#12 coil#72 coil#84) # two views of either object
fi
models=()
rows=()
blocks=()
for entry in $METHODS; do
    method=${entry%%:*}
    regularizer=(--reg "$method")
    [ "$entry" = "$method" ] || regularizer+=(--lam "${entry#*:}")
    model=$(posectl train "$data" "${regularizer[@]}" --net vgg --latent 256 --steps "$steps" --lr "$LR" \
        "${TRAIN[@]}" --name "coil-$method" --resume)
    models+=("$model")
    rows+=("$(posectl interpolate coil#0 coil#12 --model "$model" --steps 15 --from -0.2 --to 1.2 \
        --name "coil-$method-row")")
    blocks+=("$(posectl interpolate "${corners[@]}" --grid 8 --model "$model" --name "coil-$method-block")")
done
scores=$(posectl evaluate "${models[@]}" baseline:crossfade --against "$data" "${EVALUATE[@]}")
read -rd '' -a scores <<< "$scores" || true
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
for kind in "${kinds[@]}"; do
    posectl plot "${scores[@]}" --kind "$kind" -o "$OUT/$kind.png" --force
done
posectl render "${rows[@]}" -o "$OUT/rows.png" --force
posectl render "${blocks[@]}" -o "$OUT/blocks.png" --force
