#!/usr/bin/env bash
# What a single layer, and k-means, tell from the codes of digits (Berthelot et al., 2018, Tables 2 and 3): seven
# autoencoders at 32 and 256 numbers a code. The layer is trained beside each, as published, and told by the median of its
# last 20 evaluations (probe_accuracy); beside it another, trained after (classifier_accuracy), and the error of a
# classifier of 100 labels, with interpolations among its samples and without (few_label_error; Oring et al., 2021).
#
#   examples/digits.sh --budget small FOLDER       2,000 steps of 64 images a method
#   examples/digits.sh --budget full FOLDER        2^24 images, as published: for a CUDA device
#   examples/digits.sh --budget 10000 FOLDER       so many steps
#
# FOLDER holds MNIST's files, or any in their format, such as Fashion-MNIST's: a test set without its training images is
# split, a fifth to test. Interrupt it whenever you like: run again, it goes on where it was. METHODS, LATENTS, LR, STORE,
# OUT, TRAIN and EVALUATE (options of `posectl train`, such as "--net mlp" in place of the published net, and more of
# `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute: no regularizer, 32
# numbers a code.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 3 ] || { sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=2000 rate=0.0005 ;;
    full) steps=$(((1 << 24) / 64)) rate=0.0001 ;;
    *) steps=$2 rate=0.0005 ;;
esac
[ -z "${POSECTL_QUICK:-}" ] || METHODS=${METHODS:-none} LATENTS=${LATENTS:-32}
METHODS=${METHODS:-none dropout denoising vae aae vqvae acai}
LATENTS=${LATENTS:-32 256}
LR=${LR:-$rate}
OUT=${OUT:-digits}
read -ra TRAIN <<< "${TRAIN:---set conv.latent_width=4}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare images "$3" --name digits)
# As published every 64 thousand images; in a shorter training 40 times.
every=$((steps < 40960 ? (steps + 39) / 40 : 1024))
for latent in $LATENTS; do
    scores=()
    for method in $METHODS; do
        model=$(posectl train "$data" --reg "$method" --reg probe --latent "$latent" "${TRAIN[@]}" \
            --steps "$steps" --lr "$LR" --evaluate-every "$every" --name "digits$latent-$method" --resume)
        scores+=("$(posectl evaluate "$model" \
            --metric reconstruction_mse,probe_accuracy,classifier_accuracy,clustering_accuracy,few_label_error \
            "${EVALUATE[@]}")")
    done
    published=()
    [[ $latent == 32 || $latent == 256 ]] && published=(--published "mnist$latent")
    posectl compare "${scores[@]}" "${published[@]}" -o "$OUT/d$latent.md" --force
done
