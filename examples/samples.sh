#!/usr/bin/env bash
# Does a regularizer of interpolations give better random samples (a question that Berthelot et al., 2018, leave open)? A VAE,
# a VAE with ACAI, an autoencoder with ACAI, an AAE and a plain autoencoder on lines, where every true image is known: how far
# decoded draws are from it, precision, recall, density and coverage, means over seeds with the spread between them; and a
# sheet of draws of each. All are drawn from a Gaussian that is fitted to their codes; those that have a prior, from that too.
#
#   examples/samples.sh --budget small      16x16, an MLP, 3,000 steps of 64 images: some ten minutes on a core
#   examples/samples.sh --budget full       32x32, ACAI's networks, 2^24 images: for a CUDA device
#   examples/samples.sh --budget 10000      the small one, so many steps
#
# DATA=FOLDER takes MNIST's files, or any in their format, in place of lines. Interrupt it whenever you like: run again, it goes
# on where it was. METHODS, SEEDS, WEIGHT (ACAI's beside a VAE, whose loss is a sum over pixels), STORE, OUT and EVALUATE (more
# options of `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1 it ends within a minute: two methods.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 2 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; }
small=(--net mlp --latent 16)
full=(--net conv --latent 64 --set conv.latent_width=2 --lr 0.0001)
case $2 in
    small) steps=3000 size=16 net=("${small[@]}") ;;
    full) steps=$(((1 << 24) / 64)) size=32 net=("${full[@]}") ;;
    *) steps=$2 size=16 net=("${small[@]}") ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+vae none}}
METHODS=${METHODS:-vae vae+acai acai aae none}
SEEDS=${SEEDS:-${POSECTL_QUICK:+2}}
SEEDS=${SEEDS:-5}
WEIGHT=${WEIGHT:-50}
OUT=${OUT:-samples}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

if [ -n "${DATA:-}" ]; then
    data=$(posectl prepare images "$DATA" --size "$size" --name samples-data)
    metrics=precision_distance,recall_distance
else
    data=$(posectl prepare lines --size "$size" --name samples-data)
    metrics=draw_distance
fi
scores=()
sheets=()
for method in $METHODS; do
    regs=(--reg "$method")
    [ "$method" = vae+acai ] && regs=(--reg vae --lam 1 --reg acai --lam "$WEIGHT")
    # Beside a mean over pixels the adversary weighs little, as in aae.sh.
    [ "$method" = aae ] && regs=(--reg aae --lam 0.005)
    name=samples-${method//+/-}
    # All seeds of a method train as one stack.
    models=$(posectl sweep "$data" "${regs[@]}" "${net[@]}" --seeds "$SEEDS" --steps "$steps" --name "$name")
    densities=gaussian
    [[ $method == *vae* || $method == *aae* ]] && densities="prior gaussian"
    for density in $densities; do
        found=$(posectl evaluate "$models" --draws "$density" \
            --metric "$metrics,prdc,mean_distance,convexity,distances,reconstruction_mse" "${EVALUATE[@]}")
        read -rd '' -a found <<< "$found" || true
        scores+=("${found[@]}")
        # Of each method the first seed's model, whose scores bear its name.
        sheets+=("$(posectl sample "${found[0]%-scores:*}" -n 16 --draws "$density" --name "$name-$density")")
    done
done
posectl compare "${scores[@]}" --seeds -o "$OUT/table.md" --force
posectl render "${sheets[@]}" -o "$OUT/samples.png" --force
