"""Our whole bundle beside the audit of glassalpha 0.2, on the same thousand rows and model.

The peer has an environment of its own, made by uv from requirements/glassalpha.txt. It trains its
model from its configuration (0.2.0 fails where it is told to load one); the very booster that it
saves is then registered, and is what our build evaluates. Each runs once, as a whole process,
imports included: the peer to its HTML report, ours from the registry to the signed bundle with the
PDF in it. The peer explains its model by SHAP; explanations are not yet in our bundle.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, Spent, at_most, run_timed
from benchmarks.one_table import LABEL, PASSPHRASE, SENSITIVE, OneTable, lay_out, register

from affidavit.recompute.environments.indexes import read_index_settings
from affidavit.recompute.environments.uv_command import run_uv

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "glassalpha.txt"
PARAMS = {"n_estimators": 120, "learning_rate": 0.05, "num_leaves": 15, "verbosity": -1}
# What it saves is a joblib file; only its own environment has to know the classes in it.
_BOOSTER = """\
import joblib, sys
model = joblib.load(sys.argv[1])
model = model["model"] if isinstance(model, dict) else getattr(model, "model", model)
print(getattr(model, "booster_", model).model_to_string())
"""
_NOT_YET = "ours has no explanations yet, which the peer's has"


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="affidavit-bench-glassalpha-"))
    try:
        made = lay_out(folder)
        python = _environment()
        # Its libraries' own caches (fonts, say) are made before, as a second audit finds them.
        run_timed([python, "-c", "import glassalpha.pipeline.audit, matplotlib.pyplot"], cwd=folder)
        peer, booster = _audit(made, python)
        register(made, booster)
        ours = _build(made)
    finally:
        shutil.rmtree(folder)
    return [
        at_most("bundle, beside glassalpha's audit", "s", ours.clock_s, 1, peer=peer.clock_s,
                note=_NOT_YET),
        at_most("the same, processor", "s", ours.processor_s, 1, peer=peer.processor_s,
                note=_NOT_YET),
    ]  # fmt: skip


def _environment() -> str:
    """The peer's interpreter; its packages are installed where they are not there yet."""
    version = ".".join(map(str, sys.version_info[:2]))
    name = hashlib.sha256(LOCK.read_bytes() + version.encode()).hexdigest()[:12]
    folder = ROOT / "build" / "bench" / f"glassalpha-{name}"
    python, cache = str(folder / "bin" / "python"), ROOT / "build" / "bench" / "uv"
    settings, failed = read_index_settings(), "the peer's environment cannot be made"
    run_uv(
        ["venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)],
        settings, cache, failed,
    )  # fmt: skip
    run_uv(
        ["pip", "install", "--quiet", "--python", python, "--require-hashes", "--compile-bytecode",
         "--only-binary", ":all:", "--requirement", str(LOCK)],
        settings, cache, failed,
    )  # fmt: skip
    return python


def _audit(made: OneTable, python: str) -> tuple[Spent, str]:
    """The audit as its command makes it, and the booster that it trained."""
    folder = made.root / "peer"
    folder.mkdir()
    (folder / "audit.yaml").write_text(_configuration(made))
    spent = run_timed(
        [python, "-m", "glassalpha", "audit", "-c", "audit.yaml", "-o", "report.html"], cwd=folder
    )
    if not (folder / "report.html").is_file():
        raise RuntimeError(f"glassalpha wrote no report:\n{spent.said[-2000:]}")
    return spent, run_timed([python, "-c", _BOOSTER, "model.joblib"], cwd=folder).said


def _configuration(made: OneTable) -> str:
    import yaml

    return str(yaml.safe_dump({
        "model": {"type": "lightgbm", "params": PARAMS, "save_path": "model.joblib"},
        "data": {
            "dataset": "custom", "path": str(made.table), "target_column": LABEL,
            "protected_attributes": list(SENSITIVE), "feature_columns": made.features(),
            "offline": True, "fetch": "never",
        },
        "random_seed": 42,
    }))  # fmt: skip


def _build(made: OneTable) -> Spent:
    command = made.build_command(
        str(Path(sys.executable).parent / "affidavit"), made.root / "b.zip"
    )
    given = {k: v for k, v in os.environ.items() if not k.startswith(("AFFIDAVIT_", "MLFLOW_"))}
    return run_timed(command, cwd=made.root, env={**given, "AFFIDAVIT_KEY_PASSPHRASE": PASSPHRASE})
