#!/usr/bin/env bash
# From nothing to a code encoder: collect sources, mine pairs, train the Transformer, the graph network over it, then the pieces over both.
# Every step goes on where it was interrupted. Usage: training/train.sh FOLDER [CORPUS …], where each CORPUS is a file of
# {id, language, code} lines whose code must not be trained on.
set -euo pipefail

folder=$(realpath -m "${1:?Usage: training/train.sh FOLDER [CORPUS …]}")
shift
held_out=()
for corpus; do held_out+=(--held-out "$(realpath "$corpus")"); done
cd "$(dirname "$0")/.."
manage() { .venv/bin/python manage.py "$@"; }
train() { manage "$1" --pairs "$folder/pairs" --limit 40000 --precision "${PRECISION:-fp32}" "${@:2}"; }

training/collect.sh "$folder/sources"
# django and its REST framework are what a new installation shows: they are not to be known by heart.
[ -f "$folder/pairs/report.json" ] || manage mine_pairs "$folder/sources/*/*" --out "$folder/pairs" "${held_out[@]}" \
  --exclude django --exclude djangorestframework --most-per-package 60 --most-characters 1500 --without-methods python
[ -d "$folder/transformer/model" ] || train train_gnn_coder --out "$folder/transformer" --pooling none --epochs 0.3 --keep 0.5
train train_gnn_coder --out "$folder/graph" --transformer "$folder/transformer/model" --rate 0 --batch 512 --epochs 2
train train_late_interaction --out "$folder/late" --model "$folder/graph/model"
echo "ENCODER_MODEL=$folder/late/model serves it; copied to codesearch/gnn_coder/model it is what the package brings."
