#!/bin/sh
# Rebuilds trace.wasm, which tests/traps.rs runs. Needs `pip install ziglang==0.15.2`.
set -eu
cd "$(dirname "$0")"
python3 -m ziglang cc -target wasm32-freestanding -g -O1 -fno-sanitize=all -ffile-prefix-map="$PWD"=/src \
    -fdebug-compilation-dir=/src -nostdlib -Wl,--no-entry trace.c -o trace.wasm
chmod -x trace.wasm
