#!/usr/bin/env bash
# Attribute vectors of "Generative Adversarial Interpolative Autoencoding" (Sainburg et al., 2018, section 2.4, Figs. 3,
# 4), by difference of means and by least squares: what a move along each changes, and what else, on people of two builds
# and postures drawn with the imbalance of young and old that the paper found among faces (0.28 : 1 and 8.49 : 1), told by
# networks that are trained on as many of each; then numbers, on the same people and on the pole; and the sum a - b + c of
# Zamorski et al., Fig. 22.
#
#   examples/attributes.sh --budget small                       4,000 steps a model
#   examples/attributes.sh --budget full                        20,000
#   examples/attributes.sh --budget 5000                        so many steps
#   examples/attributes.sh --budget small TRAIN.npz TEST.npz    actions and styles of Bandai-Namco's poses, too
#
# Interrupt it whenever you like: run again, it goes on where it was. METHODS, PRIOR, SEEDS, LATENT, SUBJECTS, STORE, OUT
# and TRAIN (more options of `posectl train`) may be set in the environment. With POSECTL_QUICK=1 it ends within minutes.
set -euo pipefail
shopt -s inherit_errexit # a function whose output is taken stops at its first error, too

[ "${1:-}" = --budget ] && { [ $# -eq 2 ] || [ $# -eq 4 ]; } || { sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2; }
case $2 in
    small) steps=4000 ;;
    full) steps=20000 ;;
    *) steps=$2 ;;
esac
METHODS=${METHODS:-${POSECTL_QUICK:+none}}
METHODS=${METHODS:-none acai}
SEEDS=${SEEDS:-${POSECTL_QUICK:+1}}
SEEDS=${SEEDS:-3}
SUBJECTS=${SUBJECTS:-${POSECTL_QUICK:+24}}
SUBJECTS=${SUBJECTS:-72}
LATENT=${LATENT:-16}
PRIOR=${PRIOR:-sphere}
OUT=${OUT:-attributes}
read -ra TRAIN <<< "${TRAIN:-}"
export POSECTL_STORE=${STORE:-$OUT/artifacts}
mkdir -p "$OUT"

people() { # RATIOS NAME SEED; all four kinds of people, whatever POSECTL_QUICK would leave of them
    POSECTL_QUICK='' posectl prepare mannequin --confound "$1" --subjects "$SUBJECTS" --seconds 1 --fps 10 --name "$2" \
        --seed "$3"
}

trained() { # DATASET METHOD SEED [OPTIONS]
    posectl train "$1" --reg "$2" --latent "$LATENT" --prior "$PRIOR" --steps "$steps" --seed "$3" --resume \
        --name "${1%%:*}-$2-$3" "${TRAIN[@]}" "${@:4}"
}

scored() { # MODEL LABELS [AGAINST]: scores of both methods; their table and matrices, beside each other
    local by scores=() name=${1%%:*}
    for by in means least-squares; do
        scores+=("$(posectl evaluate "$(posectl attribute fit "$1" --label "$2" --by "$by" --name "$name-$by")" \
            ${3:+--against "$3"})")
    done
    posectl compare "${scores[@]}" -o "$OUT/$name.md" --force
    posectl plot "${scores[@]}" -o "$OUT/$name.png" --force
}

edited() { # MODEL ATTRIBUTE SUBJECT...: rows of moves along it, by difference of means above those by least squares
    local by paths=() name=${1%%:*}
    for by in means least-squares; do
        paths+=("$(posectl attribute apply "$name-$by" "${@:3}" --attribute "$2" --amount 0,2 --steps 7 \
            --name "$name-$by-moves")")
    done
    posectl render "${paths[@]}" -o "$OUT/$name-${2//[=:]/-}.png" --force
}

confounded=$(people 0.28,8.49 confounded 0)
even=$(people 1,1 even 1)
for method in $METHODS; do
    for seed in $(seq "$SEEDS"); do
        scored "$(trained "$confounded" "$method" "$seed")" build,posture "$even"
    done
    edited "confounded-$method-1" posture=stooped even#5 even#400 even#900
    edited "confounded-$method-1" build=tall even#5 even#400 even#900
done

scored "$(trained "$even" none 1)" stature,slump,speed,height:RWrist
pole=$(posectl prepare pole --size 32 --grey --name pole)
scored "$(trained "$pole" none 1 --net mlp)" azimuth,elevation
posectl render even#5 even#400 even#900 \
    "$(posectl arithmetic "even#5 - even#400 + even#900" --model even-none-1 --name sum)" -o "$OUT/sum.png" --force

if [ $# -eq 4 ]; then
    bandai=$(posectl prepare arrays "$3" "$4" --split clips --name bandai)
    for method in $METHODS; do
        scored "$(trained "$bandai" "$method" 1)" action,style
        edited "bandai-$method-1" style=old bandai#1000 bandai#60000 bandai#120000
        edited "bandai-$method-1" action=wave-right-hand bandai#1000 bandai#60000 bandai#120000
    done
fi
