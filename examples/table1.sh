#!/usr/bin/env bash
# Table I of the pose report: ANCI, smoothness ratio, Mean Distance, precision and recall distance over lambda, for latent
# sizes 16 and 8, as corrected and as published (--compat naayem), with the published figures beside them.
#
#   examples/table1.sh TRAIN.npz TEST.npz           two files of poses, such as motion capture
#   examples/table1.sh data_3d_h36m.npz             Human3.6M, in any layout that `posectl prepare h36m` reads
#
# Interrupt it whenever you like: run again, it goes on where it was, and ends the same. STEPS, LATENTS, LAMBDAS_16,
# LAMBDAS_8, STORE, OUT and EVALUATE (more options of `posectl evaluate`) may be set in the environment. With POSECTL_QUICK=1
# it ends within a minute: eight numbers a code, two lambdas.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
STEPS=${STEPS:-20000}
[ -z "${POSECTL_QUICK:-}" ] || LATENTS=${LATENTS:-8} LAMBDAS_8=${LAMBDAS_8:-0,0.1}
LATENTS=${LATENTS:-16 8}
LAMBDAS_16=${LAMBDAS_16:-0,0.0001,0.001,0.01,0.1,0.3,0.5,0.8,1}
LAMBDAS_8=${LAMBDAS_8:-0,0.001,0.01,0.1,0.3,0.5,0.8,1,2}
OUT=${OUT:-table1}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

if [ $# -ge 2 ]; then
    data=$(posectl prepare arrays "$1" --test "$2" --name poses)
else
    data=$(posectl prepare h36m "$1" --subsample 10 --name poses)
fi

for latent in $LATENTS; do
    lambdas=LAMBDAS_$latent
    # All lambdas of one latent size train as one stack.
    models=$(posectl sweep "$data" --reg acai --lam "${!lambdas}" --set acai.gamma=0.05 --latent "$latent" \
        --steps "$STEPS" --name acai)
    corrected=$(posectl evaluate "$models" "${EVALUATE[@]}")
    published=$(posectl evaluate "$models" "${EVALUATE[@]}" --compat naayem)
    # One ref a line: split into arguments.
    read -rd '' -a corrected <<< "$corrected" || true
    read -rd '' -a published <<< "$published" || true
    posectl compare "${corrected[@]}" -o "$OUT/d$latent.md" --force
    posectl compare "${published[@]}" --published "d$latent" -o "$OUT/d$latent-published.md" --force
    posectl compare "${published[@]}" --published "d$latent" --format latex -o "$OUT/d$latent-published.tex" --force
    posectl plot "${corrected[@]}" -o "$OUT/d$latent-transitions.png" --force
done
