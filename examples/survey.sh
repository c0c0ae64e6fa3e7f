#!/usr/bin/env bash
# Every regularizer, and three combinations, on every dataset: 2,000 steps each, and a table of the reconstruction error of
# test samples before the first step and after the last; exit code 1 where one failed.
#
#   examples/survey.sh TRAIN.npz TEST.npz COIL MNIST [STEPS]
#
# TRAIN, TEST: two files of poses; COIL: a folder of turntables; MNIST: one of MNIST's files. Interrupt it whenever you
# like: run again, it goes on where it was. REGULARIZERS, BATCH, STORE, OUT and EVALUATE (options of `posectl evaluate`, such
# as --samples 1000: every model is scored, too, and a table a dataset written) may be set in the environment. With
# POSECTL_QUICK=1 it ends within a minute: no regularizer.
set -euo pipefail

[ $# -ge 4 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
steps=${5:-2000}
REGULARIZERS=${REGULARIZERS:-${POSECTL_QUICK:+none}}
REGULARIZERS=${REGULARIZERS:-none dropout denoising vae beta-vae aae vqvae acai gaia gaia2 amr aeai adversarial cycle
    smooth uniform speed near cover acai+cycle dropout+aae smooth+cycle+uniform+speed+near}
BATCH=${BATCH:-16}
OUT=${OUT:-survey}
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

declare -A data
data[poses]=$(posectl prepare arrays "$1" --test "$2" --name poses)
data[lines]=$(posectl prepare lines --name lines)
data[pole]=$(posectl prepare pole --size 32 --name pole)
data[coil]=$(posectl prepare images "$3" --objects 5 --size 32 --name coil)
data[digits]=$(posectl prepare images "$4" --name digits)
{
    failed=
    echo "| reconstruction, before → after $steps steps | poses (m) | lines | pole | coil | digits |"
    echo "|---|---:|---:|---:|---:|---:|"
    for terms in $REGULARIZERS; do
        read -ra regs <<< "--reg ${terms//+/ --reg }"
        row="| $terms"
        for dataset in poses lines pole coil digits; do
            net=(--latent 8)
            [ "$dataset" = poses ] || net=(--net mlp --latent 32)
            row+=" | $(posectl train "${data[$dataset]}" "${regs[@]}" "${net[@]}" --steps "$steps" --batch "$BATCH" \
                --name "$dataset-${terms//+/-}" --json \
                | python3 -c 'import json, sys
print("{initial_test_error:.3g} → {test_error:.3g}".format(**json.load(sys.stdin)))' || echo failed)"
        done
        echo "$row |"
        [[ $row != *failed* ]] || failed=$terms
    done
    [ -z "$failed" ] # what failed stands in the table, and is told by the exit code
} | tee "$OUT/table.md"

[ ${#EVALUATE[@]} -gt 0 ] || exit 0
for dataset in poses lines pole coil digits; do
    models=()
    for terms in $REGULARIZERS; do models+=("$dataset-${terms//+/-}"); done
    scores=$(posectl evaluate "${models[@]}" "${EVALUATE[@]}")
    read -rd '' -a scores <<< "$scores" || true
    posectl compare "${scores[@]}" -o "$OUT/$dataset.md" --force
done
