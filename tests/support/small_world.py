"""Whole bundles of small made data: every stage but resolve, whose part `Case` plays.

What resolve gives is written by hand here, so that a bundle takes seconds and any data can be
tried; everything after it is the product itself, sealed and verified.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import Case, save_sklearn
from tests.support.git_world import GitWorld

from affidavit import pipeline
from affidavit.bundle.layout import CONFIG
from affidavit.config import Config
from affidavit.evidence import ConfigurationRecord, Evidence, Finding, Report
from affidavit.progress import Silent
from affidavit.resolve import Resolution
from affidavit.resolve.code import Named, collect_code
from affidavit.resolve.interface import Part
from affidavit.resolve.model_declared import collect_declared
from affidavit.resolve.repository import open_repository
from affidavit.seal.keys import generate_key, load_signer
from affidavit.sources import Sources
from affidavit.subject import parse_ref
from affidavit.toml_reader import read_config
from affidavit.verify import read_keys, verify_bundle
from affidavit.workspace import Workspace

_SET_LATER = Finding(
    id="configuration", kind="exception", stage="resolve", what="set after training", fix="none",
)  # fmt: skip
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class SmallBundle:
    """A sealed bundle and the key that pins its signer."""

    path: Path
    public_key: Path

    @cached_property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {e.filename.partition("/")[2]: archive.read(e) for e in archive.infolist()}

    def report(self, stem: str) -> Report:
        return Report.model_validate_json(self.files[f"data/reports/{stem}.json"])

    def numbers(self, stem: str) -> dict[str, Any]:
        return {n.id: n for n in self.report(stem).numbers}

    @property
    def findings(self) -> dict[str, dict[str, str]]:
        evidence = json.loads(self.files["data/evidence.json"])
        return {f["id"]: f for f in evidence["findings"]}

    @property
    def page_one(self) -> str:
        """What the Markdown card says before its first section after *Read this first*."""
        card = self.files["data/card/model-card.md"].decode().replace("\\", "")
        start = card.index("Read this first")
        return card[start : card.index("\n## ", start)]

    def verdict(self) -> Any:
        return verify_bundle(self.path, trust=read_keys((self.public_key,)))


def build_small(
    folder: Path,
    config: str,
    fill: Callable[[Case], Case],
    *,
    pdf: bool = False,
    template_dir: Path | None = None,
    source: tuple[Path, str] | None = None,
) -> SmallBundle:
    """Build models:/m/1 from what `fill` lays out and a configuration as text.

    `source` is a Git repository and one of its commits, which is then read and packed as ever; the
    configuration is then given by option, since that commit need not have it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / "k.pem", folder / "k.pub"
    generate_key("ed25519", private, public, PASSPHRASE)

    def resolved(_ref: object, _sources: object, work: Workspace, **_: object) -> Resolution:
        case = fill(Case(work.root))
        item = work.write(
            CONFIG, config.encode(), kind="configuration",
            origin="collected" if source is None else "declared", media_type="application/toml",
        )  # fmt: skip
        read = read_config(config.encode(), "affidavit.toml")
        part = _of_the_commit(read, source, work)
        evidence = case.evidence if source is None else _as_tracked(case.evidence, source[0])
        evidence = evidence.adding(
            facts=part.facts, findings=part.findings, items=(item, *part.items)
        )
        given = ConfigurationRecord(items=(CONFIG,), given="commit" if source is None else "option")
        if source is not None:
            evidence = evidence.adding(findings=(_SET_LATER,))
        evidence = evidence.model_copy(update={"configuration": given})
        return Resolution(
            evidence=evidence, config=read,
            declarations=None, alias=None, contradictions=(), calls=0,
        )  # fmt: skip

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "resolve", resolved)
        built = pipeline.build(
            pipeline.Request(
                ref=parse_ref("models:/m/1"), sources=Sources(tracking_uri="http://none"),
                signers=(load_signer(private, PASSPHRASE),), out=folder / "m.zip", pdf=pdf,
                as_of="2026-11-01", template_dir=template_dir,
            ),
            Silent(),
        )  # fmt: skip
    return SmallBundle(built.sealed.path, public)


def tracking(folder: Path, fill: Callable[[Case], Case]) -> tuple[Path, str]:
    """A repository whose commit tracks the data of `fill`, as `dvc add` would: a `source`."""
    world = GitWorld.create(folder / "repository")
    for fact in fill(Case(folder / "to-hash")).evidence.provenance:
        if fact.id.endswith(".snapshot") and fact.digest is not None:
            entry = f"- md5: {fact.digest.value}\n  hash: md5\n  path: {fact.value}\n"
            world.write(f"{fact.value}.dvc", f"outs:\n{entry}")
    return world.folder, world.commit("Track the data")


def _as_tracked(evidence: Evidence, repository: Path) -> Evidence:
    """Measured where the commit tracks it; without a snapshot else."""
    kept = tuple(
        f.model_copy(update={"basis": "measured"}) if f.id.endswith(".snapshot") else f
        for f in evidence.provenance
        if not f.id.endswith(".snapshot") or (repository / f"{f.value}.dvc").exists()
    )
    return evidence.model_copy(update={"provenance": kept})


def _of_the_commit(config: Config, source: tuple[Path, str] | None, work: Workspace) -> Part:
    """What resolve takes from the repository: the pack, and what is declared of the model."""
    if source is None:
        return collect_declared(config, None, None)
    place, sha = source
    named = Named(sha=sha, basis="claimed", source="run tag mlflow.source.git.commit")
    with open_repository(str(place), work.root / "mirror") as repository:
        code, commit = collect_code(named, repository, None, work, progress=Silent())
        return code + collect_declared(config, repository, commit)


def applicants(n: int = 900, seed: int = 1) -> pd.DataFrame:
    """Made applicants: inputs x1 to x3, label `deny` (yes/no), who they are, and when."""
    random = np.random.RandomState(seed)
    x = random.normal(size=(n, 3))
    risk = 1 / (1 + np.exp(-(x @ [1.0, -0.7, 0.4] - 0.8)))
    deny = random.uniform(size=n) < risk
    black = random.beta(0.5, 1.5, size=n).round(4)
    return pd.DataFrame({
        "id": [f"a{i:05d}" for i in range(n)],
        "x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2],
        "deny": np.where(deny, "yes", "no"),
        "sex": random.choice(["f", "m"], size=n),
        "age": random.randint(18, 80, size=n),
        "p_black": black, "p_white": (1 - black).round(4),
        "product": random.choice(["card", "loan", "mortgage"], size=n),
        "applied": [f"2025-{1 + i * 12 // n:02d}-15" for i in range(n)],
        "customer": [f"c{i // 2}" for i in range(n)],
        "weight": random.choice([0.5, 1.0, 2.25], size=n),
        "overruled": np.where(deny ^ (random.uniform(size=n) < 0.1), "yes", "no"),
    })  # fmt: skip


INPUTS = ["x1", "x2", "x3"]


def fill_binary(
    folder: Path, table: pd.DataFrame, logged: tuple[Mapping[str, Any], ...] = (),
    training: pd.DataFrame | None = None, inputs: list[str] | None = None,
) -> Callable[[Case], Case]:  # fmt: skip
    """A logistic regression trained on 900 other applicants, and its rows."""
    known = applicants(seed=7) if training is None else training
    columns = tuple(inputs or INPUTS)
    if training is None:
        for name, content in _saved_binary(columns).items():
            (folder / "model").mkdir(parents=True, exist_ok=True)
            (folder / "model" / name).write_bytes(content)
    else:
        _save_binary(folder / "model", known, columns)

    def fill(case: Case) -> Case:
        known_ids = known.assign(id="t" + known["id"].str[1:])
        case = case.model(folder / "model").dataset("evaluation", table)
        case = case.dataset("training", known_ids)
        return case.logged(*map(dict, logged)) if logged else case

    return fill


@cache
def _saved_binary(columns: tuple[str, ...]) -> dict[str, bytes]:
    """The files of one model for all who train on the same: MLflow gives each that it saves an id."""
    with tempfile.TemporaryDirectory() as folder:
        _save_binary(Path(folder) / "model", applicants(seed=7), columns)
        return {p.name: p.read_bytes() for p in (Path(folder) / "model").iterdir() if p.is_file()}


def _save_binary(folder: Path, known: pd.DataFrame, columns: tuple[str, ...]) -> None:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(known[list(columns)], known["deny"] == "yes")
    model.classes_ = np.array(["no", "yes"])
    save_sklearn(model, folder, known[list(columns)].head(3))


def several_classes(tmp_path: Path, config: str) -> tuple[SmallBundle, pd.DataFrame, Any]:
    """The bundle, its evaluation rows and its model."""
    from sklearn.linear_model import LogisticRegression

    def graded(table: pd.DataFrame) -> pd.DataFrame:
        noise = np.random.RandomState(5).normal(size=len(table))
        risk = table.x1 - table.x2 + noise
        return table.assign(deny=np.select([risk < -1, risk < 1], ["low", "middle"], "high"))

    known, table = graded(applicants(seed=7)), graded(applicants())
    model = LogisticRegression().fit(known[INPUTS], known["deny"])
    save_sklearn(model, tmp_path / "model", known[INPUTS].head(3))

    def fill(case: Case) -> Case:
        training = known.assign(id="t" + known["id"].str[1:])
        case = case.model(tmp_path / "model").dataset("evaluation", table)
        return case.dataset("training", training)

    return build_small(tmp_path, config, fill), table, model


BINARY = """\
version = 1
task = "binary"
[rows]
id = "id"
[label]
column = "deny"
kind = "outcome"
positive = "yes"
favourable = "no"
[decision]
threshold = 0.5
[sensitive.sex]
column = "sex"
source = "self-reported"
reference = "m"
[sensitive.age]
column = "age"
source = "self-reported"
bands = [30, 50]
reference = "30-49"
[datasets.training]
path = "training.csv"
include = "reference"
[datasets.evaluation]
path = "evaluation.csv"
include = "embed"
"""

# Few rows and draws: to be added to a configuration.
EXPLAIN = """\
[explain]
background = 20
rows = 60
repeats = 2
[explain.decisions]
near = 1
per_group = 1
drawn = 1
ids = ["a00001"]
[explain.counterfactuals]
immutable = ["x3"]
[[explain.reason]]
code = "R1"
text = "The first ratio is high"
features = ["x1"]
"""
