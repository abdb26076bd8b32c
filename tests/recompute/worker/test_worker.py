"""The worker: what a model can do to us (nothing), and what it is told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.attacks.models.hostile import (
    BWRAP,
    EACH,
    ROWS,
    is_gone,
    processes_naming,
    score,
    write_model,
)
from tests.support.wheels import write_wheel

from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.levels import Level
from affidavit.recompute.worker.sandbox import plan_launch
from affidavit.recompute.worker.scoring import Scorer, Scores

# (what predict does, what the error must say)
WRONG = {
    "raises": ("raise ValueError('no such column')", r"failed while scoring.*ValueError: no such column"),
    "exits": ("sys.exit(0)", r"failed while scoring.*SystemExit"),
    "vanishes": ("os._exit(3)", r"ended by itself \(exit 3\)"),
    "vanishes-well": ("os._exit(0)", r"ended by itself \(exit 0\)"),
    "crashes": ("import ctypes; ctypes.string_at(0)", r"crashed \(SIGSEGV\)"),
    "none": ("return None", r"one answer for each of 3 rows, got a single value"),
    "words": ("return right.astype(str) + 'x'", r"failed while scoring.*could not convert"),
    "nan": ("right[1, 1] = np.nan; return right", r"NaN or infinite for 1 of these rows, the first is row 2"),
    "infinite": ("right[2, 1] = np.inf; return right", r"NaN or infinite for 1 .* is row 3"),
    "closes-its-answers": ("os.closerange(3, 100); time.sleep(60)", r"closed its answers"),
}  # fmt: skip


# Each case where the sandbox is, and in a plain process those that differ there.
CASES = [pytest.param(case, "bubblewrap", marks=BWRAP) for case in WRONG] + [
    (case, "rlimits") for case in ("vanishes", "crashes", "nan")
]


@pytest.mark.parametrize(("case", "level"), CASES)
def test_says_in_one_line_what_the_model_did_and_leaves_nothing_running(
    case: str, level: Level, tmp_path: Path
) -> None:
    code, expected = WRONG[case]
    folder = write_model(tmp_path / "model", code)

    with pytest.raises(WorkerError) as caught:
        score(folder, strongest=level)

    error = caught.value
    said = f"{error.what} | {error.cause} | {error.fix}"
    assert re.search(expected, said), said
    assert "\n" not in said
    assert error.fix
    assert processes_naming(str(folder)) == []


@EACH
def test_the_same_model_left_alone_answers(level: Level, tmp_path: Path) -> None:
    scores = score(write_model(tmp_path / "model"), strongest=level)

    assert scores.matrix[:, 0].tolist() == ROWS["x"].tolist()
    assert scores.classes == ("no", "yes")


@EACH
def test_prints_do_not_reach_the_answers(level: Level, tmp_path: Path) -> None:
    printing = "print('x' * 300000); os.write(2, b'y' * 300000); return right"

    scores = score(write_model(tmp_path / "model", printing), strongest=level)

    assert scores.matrix[:, 0].tolist() == ROWS["x"].tolist()


@EACH
def test_names_the_last_line_that_a_dying_model_printed(level: Level, tmp_path: Path) -> None:
    code = "print('first'); print('the \\x1b[31mlast'); sys.stdout.flush(); os._exit(7)"

    with pytest.raises(WorkerError) as caught:
        score(write_model(tmp_path / "model", code), strongest=level)

    assert caught.value.cause == "it last printed: the \\x1b[31mlast"


@EACH
def test_an_error_while_loading_says_so(level: Level, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", loading="import no_such_library")

    with pytest.raises(WorkerError) as caught:
        score(folder, strongest=level)

    assert caught.value.what == "the model failed while loading"
    assert caught.value.cause == "ModuleNotFoundError: No module named 'no_such_library'"
    assert "requirements.txt" in caught.value.fix


@EACH
def test_a_private_package_is_imported_from_its_wheel_among_the_models_files(
    level: Level, tmp_path: Path
) -> None:
    loading = "import house_rules; assert house_rules.LIMIT == 7"
    folder = write_model(tmp_path / "model", loading=loading)
    files = {"house_rules.py": b"LIMIT = 7\n"}
    wheel = write_wheel(folder / "code", "house-rules", "1.2", files=files)

    with pytest.raises(WorkerError) as told:
        score(folder, strongest=level)
    assert told.value.cause == "ModuleNotFoundError: No module named 'house_rules'"
    assert "code_paths" in told.value.fix
    assert "--model-env PATH" in told.value.fix

    scores = score(folder, strongest=level, wheels=(f"code/{wheel.name}",))
    assert scores.matrix[:, 0].tolist() == ROWS["x"].tolist()


@BWRAP
def test_interrupting_the_build_ends_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "model", "time.sleep(600)")
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    asked = Scorer.score

    def score_and_interrupt(self: Scorer, rows: object, role: str) -> Scores:
        signal.setitimer(signal.ITIMER_REAL, 1)  # from when the model is asked
        return asked(self, rows, role)

    monkeypatch.setattr(Scorer, "score", score_and_interrupt)

    try:
        with pytest.raises(KeyboardInterrupt):
            score(folder, strongest="bubblewrap")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)

    assert processes_naming(str(folder)) == []


@EACH
def test_killing_the_build_ends_the_model(level: Level, tmp_path: Path) -> None:
    tell = "open(os.environ['TMPDIR'] + '/pid', 'w').write(str(os.getpid())); time.sleep(600)"
    folder = write_model(tmp_path / "model", tell)
    script = (
        "from pathlib import Path; from tests.attacks.models.hostile import score; "
        f"score(Path({str(folder)!r}), strongest={level!r})"
    )
    build = subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[3],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip

    def worker() -> list[int]:
        if level == "bubblewrap":
            return [p for p in processes_naming(str(folder)) if p != build.pid]
        said = [p.read_text() for p in tmp_path.glob("affidavit-worker-*/scratch/pid")]
        return [int(text) for text in said if text]

    def stays() -> bool:
        """Not only the sandbox's trial of itself, which stands there for a moment."""
        before = worker()
        time.sleep(0.5)
        return bool(set(before) & set(worker()))

    assert _wait(stays, 120)
    pids = worker()
    assert pids
    build.kill()
    build.wait()

    assert _wait(lambda: all(is_gone(p) for p in pids), 60)


@EACH
def test_the_model_is_given_its_columns_and_a_fixed_environment(
    level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    code = """\
        names = ['PYTHONHASHSEED', 'OMP_NUM_THREADS', 'TZ', 'AFFIDAVIT_KEY_PASSPHRASE']
        print(list(frame.columns), [os.environ.get(n) for n in names], 'affidavit' in sys.modules,
              sys.flags.no_site, any(p.endswith('.pth') for p in sys.path), flush=True)
        os._exit(1)
    """

    with pytest.raises(WorkerError) as caught:
        score(write_model(tmp_path / "model", code), strongest=level)

    expected = "['x'] ['0', '1', 'UTC', None] False 1 False"
    assert caught.value.cause == f"it last printed: {expected}"


def test_batches_come_in_order_and_whole(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.linspace(0, 1, 1001).round(6)})
    folder = write_model(tmp_path / "model")

    whole = score(folder, strongest="rlimits", table=table).matrix
    parts = score(folder, strongest="rlimits", table=table, batch_rows=100).matrix

    assert whole[:, 0].tolist() == table["x"].tolist()
    assert parts.tolist() == whole.tolist()


def test_limits_hold_before_the_model_is_loaded(tmp_path: Path) -> None:
    loading = """\
        import resource
        print(resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CORE))
        sys.stdout.flush()
        os._exit(1)
    """

    with pytest.raises(WorkerError) as caught:
        score(write_model(tmp_path / "model", loading=loading), strongest="rlimits", memory_mb=1024)

    size = 1024 << 20
    assert caught.value.cause == f"it last printed: ({size}, {size}) (0, 0)"


@BWRAP
def test_a_sandbox_that_does_not_work_here_is_not_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "model")
    twin = plan_launch(folder, Worker(), own_interpreter(), tmp_path)
    assert (twin.level, twin.weaker_because) == ("bubblewrap", ())

    broken = tmp_path / "bin" / "bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no namespaces for you >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))
    launch = plan_launch(folder, Worker(), own_interpreter(), tmp_path)

    assert launch.level == "landlock+seccomp"
    assert launch.weaker_because == ("bubblewrap: it last printed: no namespaces for you",)


def test_the_worker_imports_nothing_but_the_standard_library_before_its_limits() -> None:
    import ast

    from affidavit.recompute.worker import sandbox

    folder = Path(sandbox.__file__).parents[1] / "affidavit_worker"
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        names = {a.name for n in top if isinstance(n, ast.Import) for a in n.names}
        names |= {str(n.module) for n in top if isinstance(n, ast.ImportFrom) and not n.level}
        packages = {name.partition(".")[0] for name in names} - {"affidavit_worker"}

        assert packages <= sys.stdlib_module_names, path


def _wait(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    "level",
    ["landlock+seccomp", pytest.param("bubblewrap", marks=[BWRAP, pytest.mark.slow]),
     pytest.param("rlimits", marks=pytest.mark.slow)],
)  # fmt: skip
def test_a_model_with_threads_of_its_own_scores_alike(level: Level, tmp_path: Path) -> None:
    """OpenMP in scikit-learn's gradient boosting, and joblib's threads in a forest."""
    import pickle

    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    chance = np.random.default_rng(3)
    x = chance.normal(size=(2000, 1))
    y = np.where(x[:, 0] + chance.normal(size=2000) > 0, "yes", "no")
    table = pd.DataFrame({"x": x[:, 0]})
    for number, model in enumerate((
        HistGradientBoostingClassifier(max_iter=5), RandomForestClassifier(5, n_jobs=2),
    )):  # fmt: skip
        folder = write_model(tmp_path / str(number), array=True)
        (folder / "model.pkl").write_bytes(pickle.dumps(model.fit(x, y)))

        found = score(folder, strongest=level, table=table, threads=2).matrix[:, 0]

        assert np.allclose(found, model.predict_proba(x)[:, 1], rtol=1e-11, atol=0)


def test_a_python_function_of_mlflow_scores_behind_landlock(tmp_path: Path) -> None:
    """MLflow's own loader is what reads most files and asks the system for most."""
    import mlflow.pyfunc

    source = tmp_path / "source.py"
    source.write_text(
        "import mlflow\n"
        "class Model(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input['x'] * 0.5\n"
        "mlflow.models.set_model(Model())\n"
    )
    signature = mlflow.models.infer_signature(ROWS)
    mlflow.pyfunc.save_model(str(tmp_path / "model"), python_model=str(source), signature=signature)

    found = score(tmp_path / "model", strongest="landlock+seccomp").matrix[:, 0]

    assert found.tolist() == [0.05, 0.1, 0.45]
