#!/usr/bin/env bash
# Makes .venv with the pinned, hash-checked packages, bytecode-compiled. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed; found: $("$python" --version 2>&1 || echo none)" >&2
    echo "  fix  install it, or say which one: make setup PYTHON=/path/to/python3.11" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python cannot make virtual environments" >&2
    echo "  fix  on Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 2
fi

echo "setup: installing the pinned environment into .venv (once, a minute or two)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
[ -x .venv/bin/pip ] || .venv/bin/python -m ensurepip --upgrade >/dev/null
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements/bootstrap.txt
# uv reads its own settings, not pip's: hand over an index that the user has set for pip.
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
fi
export VIRTUAL_ENV=$PWD/.venv UV_LINK_MODE=${UV_LINK_MODE:-copy}
.venv/bin/uv pip install --quiet --require-hashes --compile-bytecode \
    -r requirements/development.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
