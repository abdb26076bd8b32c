#!/usr/bin/env bash
# Makes .venv with the pinned, hash-checked packages, bytecode-compiled. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

# A name on the path may be a shim that runs nothing: take the first that really is 3.11 or newer.
is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if is_recent "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed; tried: ${PYTHON:-python3.11 to python3.14, python3}" >&2
    echo "  fix  install it, or say which one: make setup PYTHON=/path/to/python3.11" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python cannot make virtual environments" >&2
    echo "  fix  on Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 2
fi

# What a user's pip configuration may say, and a virtual environment cannot follow.
export PIP_USER=0 PIP_TARGET= PIP_PREFIX= PIP_DISABLE_PIP_VERSION_CHECK=1
trap 'echo "setup failed; the lines above are the installer'"'"'s own. Is a package index reachable?" >&2
echo "  fix  set PIP_INDEX_URL and UV_DEFAULT_INDEX to yours, then the same command again" >&2' ERR

echo "setup: installing the pinned environment into .venv (once, a minute or two)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
[ -x .venv/bin/pip ] || .venv/bin/python -m ensurepip --upgrade >/dev/null
.venv/bin/python -m pip install --quiet --require-hashes \
    -r requirements/bootstrap.txt
source requirements/index.sh
export VIRTUAL_ENV=$PWD/.venv UV_LINK_MODE=${UV_LINK_MODE:-copy}
.venv/bin/uv pip install --quiet --require-hashes --compile-bytecode \
    -r requirements/development.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
