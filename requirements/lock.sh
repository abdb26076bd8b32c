#!/usr/bin/env bash
# Pins every environment from pyproject.toml, with hashes and without any registry's address.
set -euo pipefail
cd "$(dirname "$0")/.."
source requirements/index.sh
uv=.venv/bin/uv; [ -x "$uv" ] || uv=uv
lock() { # target, then what to resolve
    local target="requirements/$1.txt"; shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-header --no-emit-index-url --no-emit-find-links --output-file "$target" "$@" >/dev/null
}
echo "uv>=0.9" | lock bootstrap -
lock reviewer pyproject.toml
lock builder pyproject.toml --extra build
lock recheck pyproject.toml --extra recheck
lock development pyproject.toml --extra build --extra pkcs11 --extra layout --group development requirements/bootstrap.txt \
    samples/credit-risk/requirements.txt
# What conformance holds our signatures against, each in an environment of its own.
printf 'model-signing==1.1.1\npyOpenSSL\n' | lock model-signing -
printf 'in-toto==3.1.0\n' | lock in-toto -
# The peer of benchmarks/glassalpha.py, in an environment of its own: it is never installed beside ours.
printf 'glassalpha[shap]==0.2.0\nlightgbm\n' | lock glassalpha -
# The environments of explainers: built on the builder's machine, so their locks travel in the wheel.
explainer() { # name, then what to resolve; wheels only, since no setup script is ever run
    lock "../src/affidavit/recompute/explain/backends/locks/$1" --only-binary :all: -
}
printf 'shap\n' | explainer shap
# alibi's placeholder for missing packages is mended for Python 3.11 (affidavit_explainer/mending.py);
# spacy imports click and does not ask for it; older numba has no wheels for 3.11.
for_311() { sed "s/\$/ ; python_version < '3.12'/"; }
# The newest under the Apache licence, which allows production use.
printf '%s\n' 'alibi[shap]==0.9.4' click 'numba>=0.57,<0.58' | for_311 | explainer alibi
# Later ones are under the Business Source License: only where the configuration names this one.
printf '%s\n' 'alibi[shap]==0.9.6' click 'numba>=0.57,<0.60' | for_311 | explainer alibi-business-source
