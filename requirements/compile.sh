#!/usr/bin/env bash
# Compile the locks with hashes for every platform and every Python from 3.11 on. Needs `uv` (in requirements-dev.txt).
set -euo pipefail
cd "$(dirname "$0")"
# Extras are kept: older pips take `coverage[toml]` for unpinned where the lock names only `coverage`.
common=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --quiet "$@")
uv pip compile base.in --output-file ../requirements.txt "${common[@]}"
uv pip compile dev.in --output-file ../requirements-dev.txt --constraint ../requirements.txt "${common[@]}"
