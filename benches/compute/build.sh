#!/bin/sh
# Rebuilds every kernel's .wasm beside its source. Needs `pip install ziglang==0.15.2`.
set -eu
cd "$(dirname "$0")"
for source in *.c; do
    python3 -m ziglang cc -target wasm32-wasi -O2 -s "$source" -o "${source%.c}.wasm"
done
