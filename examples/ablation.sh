#!/usr/bin/env bash
# The three terms of AEAI (Oring et al., 2021, Figs. 12 to 15), each alone, in pairs and together, on the pole and its
# shadow or, where a folder of COIL's is named, on one of its objects: errors, retrieval of alpha, and blocks.
#
#   examples/ablation.sh --budget small [FOLDER [OBJECT]]       1,000 steps of 64 images a combination
#   examples/ablation.sh --budget full [FOLDER [OBJECT]]        30,000: for a CUDA device
#   examples/ablation.sh --budget 5000 [FOLDER [OBJECT]]        so many steps
#
# Interrupt it whenever you like: run again, it goes on where it was. TERMS (such as "none cycle+smooth"), LR, STORE, OUT,
# PREPARE, TRAIN and EVALUATE (more options of `posectl prepare pole` or `images`, of `posectl train`, such as --precision
# bf16 or --net mlp, and of `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute:
# one term.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -ge 2 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=1000 ;;
    full) steps=30000 ;;
    *) steps=$2 ;;
esac
TERMS=${TERMS:-${POSECTL_QUICK:+none cycle}}
TERMS=${TERMS:-none adversarial cycle smooth adversarial+cycle adversarial+smooth cycle+smooth
    adversarial+cycle+smooth}
LR=${LR:-0.001}
OUT=${OUT:-ablation}
read -ra PREPARE <<< "${PREPARE:-}"
read -ra TRAIN <<< "${TRAIN:-}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

if [ $# -ge 3 ]; then
    name=coil
    data=$(posectl prepare images "$3" --objects "${4:-5}" --size 64 "${PREPARE[@]}" --name coil)
    corners=(coil#0 coil#12 coil#36 coil#48)
else
    name=pole
    data=$(posectl prepare pole "${PREPARE[@]}" --name pole)
    corners=(pole#0 pole#128 pole#7 pole#135)
fi
models=()
blocks=()
for terms in $TERMS; do
    regs=()
    for term in ${terms//+/ }; do regs+=(--reg "$term"); done
    model=$(posectl train "$data" "${regs[@]}" --net vgg --latent 256 --steps "$steps" --lr "$LR" "${TRAIN[@]}" \
        --name "$name-${terms//+/-}" --resume)
    models+=("$model")
    blocks+=("$(posectl interpolate "${corners[@]}" --grid 8 --model "$model" --name "$name-${terms//+/-}-block")")
done
scores=$(posectl evaluate "${models[@]}" baseline:crossfade --against "$data" "${EVALUATE[@]}")
read -rd '' -a scores <<< "$scores" || true
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
for kind in errors retrieval; do
    posectl plot "${scores[@]}" --kind "$kind" -o "$OUT/$kind.png" --force
done
posectl render "${blocks[@]}" -o "$OUT/blocks.png" --force
