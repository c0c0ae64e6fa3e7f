#!/usr/bin/env bash
# The figures and the table of "Adversarial Autoencoders" (Makhzani et al., 2015): few labels against the network and the
# logistic regression on the labelled images alone (Table 1), styles (Fig. 10), clusters (Fig. 12), two dimensions (Figs. 14
# and 15), codes beside their priors and the manifold of one (Figs. 5 to 8); numbers as in the seed's slides.
#
#   examples/aae.sh --budget small FOLDER       20 epochs of 100 labels, narrow networks, one seed
#   examples/aae.sh --budget full FOLDER        5,000 epochs of 100, 1,000 and all labels, networks of 1000-1000, ten seeds
#   examples/aae.sh --budget 200 FOLDER         so many epochs, as small
#
# FOLDER holds MNIST's files, or any in their format: a test set without its training images is split, a fifth to test.
# Interrupt it whenever you like: run again, it goes on where it was. LABELS, WIDTH, SEEDS, SIZE (of images), STORE and OUT
# may be set in the environment. With POSECTL_QUICK=1 it ends within minutes.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 3 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) epochs=20 labels="100" width=256 seeds=1 ;;
    full) epochs=5000 labels="100 1000 all" width=1000 seeds=10 ;;
    *) epochs=$2 labels="100" width=256 seeds=1 ;;
esac
LABELS=${LABELS:-$labels}
WIDTH=${WIDTH:-$width}
SEEDS=${SEEDS:-$seeds}
OUT=${OUT:-aae}
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

data=$(posectl prepare images "$3" --name digits ${SIZE:+--size "$SIZE"})
count=$(posectl store show "$data" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["summary"]["train"])')
steps=$((epochs * count / 50))
net=(--net mlp --set "mlp.widths=$WIDTH,$WIDTH" --set mlp.activation=relu --batch 50 --betas 0.5,0.999)
# Batch norm keeps images from going from class to class all together.
classes=(--set mlp.batch_norm=true --lam 0.05)

# An adversary of so many units is enough for codes of so few numbers, and the reconstruction has to weigh more than it.
family() { posectl train "$data" "${net[@]}" --reg "$1" --set "$1.width=$((WIDTH / 2))" --steps "$steps" --resume "${@:2}"; }

scores=()
for number in $LABELS; do
    semi=$(posectl sweep "$data" "${net[@]}" --reg aae-semi --lam 0.3 --set mlp.batch_norm=true \
        --set aae-semi.supervision=3 --set "aae-semi.width=$((WIDTH / 2))" --latent 5 --labelled "$number" \
        --seeds "$SEEDS" --steps "$steps" --name "semi-$number")
    network=$(posectl sweep "$data" "${net[@]}" --reg classifier --latent 5 --labelled "$number" --seeds "$SEEDS" \
        --steps "$steps" --name "network-$number")
    for sweep in "$semi" "$network"; do
        read -rd '' -a scored <<< "$(posectl evaluate "$sweep" --metric error_rate,logistic_error_rate)" || true
        scores+=("${scored[@]}")
    done
done
posectl compare "${scores[@]}" --seeds --published mnist -o "$OUT/table.md" --force

# The discriminator is told labels: after so few epochs the style would hold the digit as well, else.
styles=$(family aae-supervised --lam 0.02 --set aae-supervised.labels=true --latent 15 --name supervised)
posectl render "$styles" --styles -o "$OUT/styles.png" --force
for clusters in 16 30; do
    model=$(family aae-cluster "${classes[@]}" --set aae-cluster.joint=true --set aae-cluster.clusters=$clusters \
        --latent 10 --name "clusters-$clusters")
    posectl evaluate "$model" --metric head_error_rate
    posectl render "$model" --clusters -o "$OUT/clusters-$clusters.png" --force
done
model=$(family aae-reduce --set mlp.batch_norm=true --lam 0.3 --set aae-reduce.supervision=3 --labelled 100 \
    --latent 2 --name reduced)
posectl plot "$model" --kind prior -o "$OUT/reduced.png" --force
model=$(family aae-reduce "${classes[@]}" --set aae-reduce.clusters=20 --latent 2 --name reduced-alone)
posectl plot "$model" --kind prior -o "$OUT/reduced-alone.png" --force

# Codes of two numbers under each prior, beside a plain autoencoder's.
priors=("$(posectl train "$data" "${net[@]}" --steps "$steps" --latent 2 --name plain --resume)")
priors+=("$(family aae --lam 0.005 --latent 2 --name gaussian)")
for prior in mixture swiss-roll; do
    told=("${classes[@]}" --set aae.prior=$prior --set aae.labels=true --latent 2)
    priors+=("$(family aae "${told[@]}" --name "$prior")")
    priors+=("$(family aae "${told[@]}" --labelled $((count / 5)) --name "$prior-some")")
done
for model in "${priors[@]}"; do
    posectl plot "$model" --kind prior -o "$OUT/prior-${model%:*}.png" --force
done
posectl render gaussian --quantiles -o "$OUT/quantiles.png" --force
scores=()
for model in "${priors[@]}"; do scores+=("$(posectl evaluate "$model" --metric prior_mmd,reconstruction_mse)"); done
posectl compare "${scores[@]}" -o "$OUT/priors.md" --force
