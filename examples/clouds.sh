#!/usr/bin/env bash
# Point clouds (Zamorski et al., 2020): tables, chairs, cars and lamps, under a plain, an adversarial and a variational AE.
#
#   examples/clouds.sh --budget small       512 points, half widths, 400 steps a model: on a CPU, some 20 minutes
#   examples/clouds.sh --budget published   2,048 points, the published net, 20,000 steps: for a CUDA device
#   examples/clouds.sh --budget 5000        the small one, so many steps
#
# Interrupt it whenever you like: run again, it goes on where it was. MODELS (such as "plain clustering"), DATA (shapes, or
# `bodies`), STORE, OUT, PREPARE, TRAIN and EVALUATE (more options of these commands) may be set in the environment.
# With POSECTL_QUICK=1 it ends within a minute or two: fewer shapes and points, 30 steps.
set -euo pipefail

[ "${1:-}" = --budget ] && [ $# -eq 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
points=512 width=0.5 steps=400
case $2 in
    small) ;;
    published) points=2048 width=1 steps=20000 ;;
    *) steps=$2 ;;
esac
MODELS=${MODELS:-plain adversarial variational}
DATA=${DATA:-shapes}
OUT=${OUT:-clouds}
read -ra PREPARE <<< "${PREPARE:-}"
read -ra TRAIN <<< "${TRAIN:-}"
read -ra EVALUATE <<< "${EVALUATE:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

[ -n "${POSECTL_QUICK:-}" ] || PREPARE=(--points "$points" "${PREPARE[@]}")
data=$(posectl prepare "$DATA" "${PREPARE[@]}" --name clouds)
models=()
for name in $MODELS; do
    case $name in
        plain) options=(--reg none --batch 50 --lr 0.0005) ;;
        adversarial) options=(--preset 3d-aae) ;;
        clustering) options=(--reg aae-wgan-cluster --lam 0.1 --prior normal --batch 50 --betas 0.5,0.999) ;;
        variational) options=(--reg vae --batch 50 --lr 0.0005) ;;
    esac
    models+=("$(posectl train "$data" "${options[@]}" --latent 128 --set cloud.width="$width" --steps "$steps" \
        --evaluate-every 50 "${TRAIN[@]}" --name "clouds-$name" --resume)")
done
scores=$(posectl evaluate "${models[@]}" "${EVALUATE[@]}")
# Beside them training clouds as samples and, of shapes, mixes of points between two of a class.
baselines=(baseline:train)
[ "$DATA" != shapes ] || baselines+=(baseline:crossfade baseline:matched)
scores="$scores $(posectl evaluate "${baselines[@]}" --against "$data" "${EVALUATE[@]}")"
read -rd '' -a scores <<< "$scores" || true
posectl compare "${scores[@]}" -o "$OUT/table.md" --force
posectl plot "${models[@]}" -o "$OUT/training.png" --force

# Figs. 16 to 21, 22 and 23: interpolations, a sum, and clusters; and what is drawn, turning. One model a process.
draw() {
    local model=$1 name=${1%:*} p d a
    p=$(posectl interpolate "$data#0" "$data#1" --model "$model" --steps 8)
    d=$(posectl sample "$model" -n 16)
    a=$(posectl arithmetic "$data#0 - $data#1 + $data#2" --model "$model")
    posectl render "$p" -o "$OUT/$name-path.png" --force
    posectl render "$a" -o "$OUT/$name-sum.png" --force
    posectl render "$d" -o "$OUT/$name-draws.gif" --force
    posectl render "$model" --clusters --columns 9 -o "$OUT/$name-clusters.png" --force
}
drawing=()
trap 'kill "${drawing[@]}" 2>/dev/null || true' EXIT
for model in "${models[@]}"; do
    draw "$model" &
    drawing+=($!)
done
for each in "${drawing[@]}"; do
    wait "$each"
done
