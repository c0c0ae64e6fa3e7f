#!/usr/bin/env bash
# What a single layer, and k-means, tell from the codes of digits (Berthelot et al., 2018, Tables 2 and 3), at 32 numbers a
# code: baseline, VAE and ACAI by default.
#
#   examples/digits.sh --budget small FOLDER       2,000 steps of 64 images a method
#   examples/digits.sh --budget full FOLDER        2^24 images, as published: for a CUDA device
#   examples/digits.sh --budget 10000 FOLDER       so many steps
#
# FOLDER holds MNIST's files, or any in their format: a test set without its training images is split, a fifth to test.
# Interrupt it whenever you like: run again, it goes on where it was. METHODS, LR, STORE, OUT and EVALUATE (more options of
# `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute: no regularizer.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 3 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=2000 rate=0.0005 ;;
    full) steps=$(((1 << 24) / 64)) rate=0.0001 ;;
    *) steps=$2 rate=0.0005 ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+none}}
METHODS=${METHODS:-none vae acai}
LR=${LR:-$rate}
OUT=${OUT:-digits}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare images "$3" --name digits)
scores=()
for method in $METHODS; do
    model=$(posectl train "$data" --reg "$method" --latent 32 --set conv.latent_width=4 --steps "$steps" --lr "$LR" \
        --name "digits-$method" --resume)
    scores+=("$(posectl evaluate "$model" --metric reconstruction_mse,classifier_accuracy,clustering_accuracy \
        "${EVALUATE[@]}")")
done
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
