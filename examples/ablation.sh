#!/usr/bin/env bash
# The three terms of AEAI (Oring et al., 2021), each alone, in pairs and together, on the pole and its shadow.
#
#   examples/ablation.sh --budget small       1,000 steps of 64 images a combination
#   examples/ablation.sh --budget full        30,000: for a CUDA device
#   examples/ablation.sh --budget 5000        so many steps
#
# Interrupt it whenever you like: run again, it goes on where it was. TERMS (such as "none cycle+smooth"), LR, STORE, OUT,
# PREPARE, TRAIN and EVALUATE (more options of `posectl prepare pole`, of `posectl train`, such as --precision bf16 or --net
# mlp, and of `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute: one term.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
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

data=$(posectl prepare pole "${PREPARE[@]}" --name pole)
models=()
for terms in $TERMS; do
    regs=()
    for term in ${terms//+/ }; do regs+=(--reg "$term"); done
    models+=("$(posectl train "$data" "${regs[@]}" --net vgg --latent 256 --steps "$steps" --lr "$LR" \
        "${TRAIN[@]}" --name "pole-${terms//+/-}" --resume)")
done
scores=$(posectl evaluate "${models[@]}" baseline:crossfade --against "$data" "${EVALUATE[@]}")
read -rd '' -a scores <<< "$scores" || true
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
posectl plot "${scores[@]}" --kind errors -o "$OUT/errors.png" --force
