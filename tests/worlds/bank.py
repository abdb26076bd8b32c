"""One bank's systems, and the command as its people run it: what the eight stories share.

A real MLflow server, a real repository, a remote that the real `dvc` pushed to, models that MLflow
saved. A story adds a commit of its own and a version of its own, and may take something away.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from tests.support.dvc_world import dvc
from tests.support.git_world import GitWorld
from tests.support.mlflow_world import Registered, Server, Training
from tests.support.small_world import INPUTS, applicants

from affidavit.cli.main import cli
from affidavit.seal.keys import generate_key

ROOT = Path(__file__).resolve().parents[2]
GERMAN = ROOT / "tests/data/german-credit/german_credit_uci_raw.csv"
PASSPHRASE = "correct horse battery staple"
DAY = "2026-11-23"
ROWS = 400
LOST = 0.03  # of the rows of the protected table
CONFIG, DECLARATIONS = "affidavit.toml", "declarations.toml"


@dataclass(frozen=True)
class Bank:
    """Where its systems are; `here` is the folder in which people type."""

    here: Path
    server: Server
    project: GitWorld
    remote: Path
    models: Mapping[str, Mapping[str, bytes]]

    @property
    def key(self) -> Path:
        return self.here / "keys/release.pem"

    @property
    def public_key(self) -> Path:
        return self.here / "keys/release.pub"

    def commit(self, config: str | None, declarations: str | None, message: str) -> str:
        """The commit that a model was trained from, with the two files as they were then."""
        for path, text in ((CONFIG, config), (DECLARATIONS, declarations)):
            if text is not None:
                self.project.write(path, text)
            else:
                (self.project.folder / path).unlink(missing_ok=True)
        return self.project.commit(message)

    def register(
        self, name: str, commit: str | None, *, model: str = "logistic",
        roles: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None,
    ) -> Registered:  # fmt: skip
        """Log a training and register its model; `roles` says which file was read as what."""
        inputs = [
            (role, md5(self.project.folder / path), {"dvc.path": path})
            for role, path in (roles or {}).items()
        ]
        return Training(
            server=self.server, name=name, commit=commit, inputs=inputs, metrics=[],
            files=dict(files or self.models[model]),
            tags={"affidavit.git.dirty": "false", "affidavit.platform": "Linux x86_64"},
        ).register()  # fmt: skip

    def without(self, path: str, *, changed: bool = False) -> Path:
        """A copy of the remote where one object is gone, or has one byte changed."""
        copy = Path(mkdtemp(prefix=f"remote-without-{Path(path).stem}-", dir=self.here))
        shutil.copytree(self.remote, copy, dirs_exist_ok=True)
        digest = md5(self.project.folder / path)
        target = copy / "files" / "md5" / digest[:2] / digest[2:]
        content = bytearray(target.read_bytes())
        target.chmod(0o644)
        content[-2] ^= 1
        target.write_bytes(bytes(content)) if changed else target.unlink()
        return copy

    def where(self, remote: Path) -> tuple[object, ...]:
        """The options that say where the three systems are."""
        uri, repo = self.server.uri, self.project.folder
        return ("--tracking-uri", uri, "--repo", repo, "--remote", remote)

    def affidavit(self, *words: object, here: Path | None = None) -> Result:
        """Run the command in a folder, in a terminal of 80 columns."""
        environ = {"AFFIDAVIT_KEY_PASSPHRASE": PASSPHRASE, "COLUMNS": "80"}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(here or self.here)
            return CliRunner().invoke(cli, [str(w) for w in words], env=environ)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


# ---- data and models, made once


def open_bank(folder: Path, server: Server) -> Bank:
    """Lay out the repository and the remote, save the models, make the key."""
    here, remote = folder / "here", folder / "remote"
    (here / "keys").mkdir(parents=True)
    remote.mkdir()
    generate_key(
        "ed25519", here / "keys/release.pem", here / "keys/release.pub", PASSPHRASE
    )  # fmt: skip
    project = GitWorld.create(folder / "project")
    project.write("train.py", "print('train')\n")
    for name, table in tables().items():
        project.write(f"data/{name}.csv", table.to_csv(index=False))
    project.write("data/german.csv", GERMAN.read_bytes())
    dvc(project.folder, "init", "-q")
    dvc(project.folder, "remote", "add", "-q", "-d", "storage", str(remote))
    paths = sorted(p.name for p in (project.folder / "data").glob("*.csv"))
    dvc(project.folder, "add", "-q", *(f"data/{name}" for name in paths))
    dvc(project.folder, "push", "-q")
    models = {
        "logistic": logistic_regression(folder / "models/logistic"),
        "scorecard": scorecard(folder / "models/scorecard"),
    }
    return Bank(here=here, server=server, project=project, remote=remote, models=models)


def tables() -> dict[str, pd.DataFrame]:
    """Training and evaluation rows, and who the applicants are, which 3 % of the rows lack."""
    evaluation, training = applicants(ROWS), applicants(ROWS, seed=7)
    training["id"] = "t" + training["id"].str[1:]
    known = pd.concat([t["id"].iloc[: round(ROWS * (1 - LOST))] for t in (evaluation, training)])
    race = np.random.RandomState(3).choice(["white", "black"], size=len(known))
    protected = pd.DataFrame({"id": known, "race": race})
    return {"train": training, "evaluation": evaluation, "protected": protected}


def logistic_regression(folder: Path) -> dict[str, bytes]:
    """What training leaves: a scikit-learn model, its signature, its pins."""
    import mlflow.sklearn
    from mlflow.models import infer_signature
    from sklearn.linear_model import LogisticRegression

    known = tables()["train"]
    model = LogisticRegression().fit(known[INPUTS], known["deny"])
    mlflow.sklearn.save_model(
        model, folder, signature=infer_signature(known[INPUTS]), serialization_format="skops",
        pip_requirements=[f"scikit-learn=={version('scikit-learn')}"],
    )  # fmt: skip
    return _files(folder)


SCORECARD = '''\
"""Points by hand, as a bank's analysts wrote them down: no library learnt anything here."""
import mlflow
import numpy as np


class Scorecard(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        points = (
            model_input["status"].map({"A11": 1.2, "A12": 0.6, "A13": 0.1}).fillna(-0.9)
            + 0.03 * (model_input["duration"] - 20)
            - 0.5 * model_input["savings"].isin(["A64", "A65"])
            + 0.4 * model_input["credit_history"].isin(["A30", "A31"])
        )
        return 1 / (1 + np.exp(0.9 - points.to_numpy(dtype=float)))


mlflow.models.set_model(Scorecard())
'''


def scorecard(folder: Path) -> dict[str, bytes]:
    """A python_function written by hand, that takes a wide table and uses four of its columns."""
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    table = pd.read_csv(GERMAN)
    inputs = table.drop(columns=["credit_risk", "age", "personal_status", "foreign_worker"])
    code = folder.parent / "scorecard.py"
    code.write_text(SCORECARD)
    mlflow.pyfunc.save_model(
        folder, python_model=str(code), signature=infer_signature(inputs, np.array([0.5])),
        pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", "pandas", "numpy")],
    )  # fmt: skip
    return _files(folder)


def _files(folder: Path) -> dict[str, bytes]:
    """The saved files by their paths."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }
