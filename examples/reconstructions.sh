#!/usr/bin/env bash
# Fig. 5 of "Generative adversarial interpolative autoencoding" (Sainburg et al., 2018): images, each beside what a network
# with an adversarial loss makes of it: a VAE-GAN (A), a BEGAN (C), GAIA (F), and a VAE for comparison; and, in numbers that
# the paper has not, how convex their codes are. B, D and E (adversarial variational Bayes, ALI, and adversarial
# generator-encoder networks) are not here.
#
#   examples/reconstructions.sh --budget small FOLDER     2,000 steps of 64 images a method, 16x16, an MLP
#   examples/reconstructions.sh --budget full FOLDER      100,000 steps, 32x32, ACAI's networks: for a CUDA device
#   examples/reconstructions.sh --budget 5000 FOLDER      so many steps
#
# FOLDER holds images, such as CelebA's faces in folders, or MNIST's files, or any in their format. Interrupt it whenever you
# like: run again, it goes on where it was. METHODS, NET, SIZE, STORE and OUT may be set in the environment. With
# POSECTL_QUICK=1 it ends within a minute: the two generators alone.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 3 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=2000 size=16 net="--net mlp --latent 16" ;;
    full) steps=100000 size=32 net="--net conv --latent 64 --set conv.latent_width=4" ;;
    *) steps=$2 size=16 net="--net mlp --latent 16" ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+vae-gan began}}
METHODS=${METHODS:-vae vae-gan began gaia}
OUT=${OUT:-reconstructions}
read -ra NET <<< "${NET:-$net}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare images "$3" --size "${SIZE:-$size}" --name reconstructions-data)
models=()
for method in $METHODS; do
    case $method in
        vae-gan) rates=(--lr 0.001 --lr-adversary 0.0002 --betas 0.5,0.999) ;;
        began) rates=(--lr 0.001 --betas 0.5,0.999) ;;
        *) rates=(--lr 0.0005) ;;
    esac
    models+=("$(posectl train "$data" --reg "$method" "${NET[@]}" --steps "$steps" "${rates[@]}" \
        --name "reconstructions-$method" --resume)")
done
scores=$(posectl evaluate "${models[@]}" --metric reconstruction_mse,precision_distance,recall_distance,convexity,distances)
read -rd '' -a scores <<< "$scores" || true
posectl render "${models[@]}" --most 1 -o "$OUT/figure5.png" --force
posectl plot "${scores[@]}" --kind convexity -o "$OUT/convexity.png" --force
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
