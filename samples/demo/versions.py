"""The history of the two samples: what each version's commit says, and how it differs.

A sample's folder holds its last version. An earlier one is that folder with a few exact texts put
back as they were, so that a reader sees the whole difference here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

AUTHOR = "Ada Example <ada@bank.example>"
MACHINE = "Release Example <release@bank.example>"


@dataclass(frozen=True, slots=True)
class Edit:
    """In `file`, what reads `now` in the sample's folder read `then`."""

    file: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version: when it was committed, under which message, and its differences."""

    number: str
    day: str
    message: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: its folder, and its versions in order.

    Attributes:
        tracked: what DVC is told to track, below the repository.
        stages: whether a stage of dvc.yaml prepares the data.
        server: whether an MLflow server is the registry; else a SQLite file is.
        champion: the version that gets this alias; only a server is asked to set one.
    """

    name: str
    tracked: str
    versions: tuple[Version, ...]
    start_day: str
    start_message: str
    stages: bool = True
    server: bool = True
    champion: str = ""


_BASELINE = 'baseline = "near-cut-off"\n'
_LOGISTIC = (
    Edit("params.yaml", "kind: boosting", "kind: logistic"),
    Edit("params.yaml", "leave_out_faulty: true", "leave_out_faulty: false"),
    Edit("declarations.toml", "Gradient-boosted trees on", "Logistic regression on"),
)
_WITH_INSURANCE = (
    Edit("params.yaml", "  - selfemp\n", "  - selfemp\n  - insurance\n"),
    Edit("declarations.toml", "on ten facts", "on eleven facts"),
    Edit(
        "declarations.toml",
        " Version 1 also read `insurance` (mortgage \\\n"
        "insurance denied), which is known only later: 44 of 48 such applications were denied. "
        "Without it \\\nthe AUC is lower, and that is the better evidence, since it is what the "
        'model can do on the day."""',
        '"""',
    ),
)
# The mistake that page one of version 1 catches: logged as if taken from the evaluation rows.
_ACCURACY_OF_TRAINING = Edit(
    "train.py",
    'metrics["accuracy"] = share_right(model, evaluation, params)',
    'metrics["accuracy"] = share_right(model, training, params)',
)

CREDIT_RISK = Sample(
    name="credit-risk",
    tracked="data/hmda_boston_aer.csv",
    start_day="2026-09-02T09:00:00Z",
    start_message="Start from the HMDA table as it was published",
    versions=(
        Version(
            "1",
            "2026-09-07T09:00:00Z",
            "Model denial by logistic regression\n\nEleven facts of the application; race and "
            "marital status stay in a table apart.",
            (*_LOGISTIC, *_WITH_INSURANCE, _ACCURACY_OF_TRAINING),
        ),
        Version(
            "2",
            "2026-09-21T09:00:00Z",
            "Leave out insurance, known only afterwards\n\nMortgage insurance is asked "
            "for once the application is under way: 44 of 48 who were\ndenied it were denied the "
            "mortgage. The AUC will fall, and will be true.\n\nAccuracy is now taken from the "
            "evaluation rows; it came from the training rows.",
            _LOGISTIC,
        ),
        Version(
            "3",
            "2026-10-05T09:00:00Z",
            "Correct the snapshot and boost\n\n13 applications cannot be as they are noted, or "
            "are there twice: left out by rules that\nprepare.py states. Gradient-boosted trees "
            "in place of the logistic regression.",
        ),
    ),
    champion="3",
)

CARD_DEFAULT = Sample(
    name="card-default",
    tracked="data/snapshot",
    start_day="2026-10-12T09:00:00Z",
    start_message="Start from the snapshot of clients",
    versions=(
        Version(
            "1",
            "2026-10-19T09:00:00Z",
            "Model default by boosted trees\n\nSex, age and marital status are kept out of the "
            "features.",
        ),
    ),
    stages=False,
    server=False,
)


def with_explainers(sample: Sample) -> Sample:
    """The sample, with its champion explained by shap and alibi too."""
    *before, last = sample.versions
    if last.number != sample.champion:
        return sample
    asked = Edit("affidavit.toml", _BASELINE, f'{_BASELINE}second = ["shap", "alibi"]\n')
    return replace(sample, versions=(*before, replace(last, edits=(*last.edits, asked))))


def write_version(folder: Path, source: Path, version: Version) -> None:
    """Put into `folder` the files of `source` as they were at this version; data excepted.

    Raises:
        ValueError: a text to put back does not occur exactly once, so that the sample's folder
            and its history have drifted apart.
    """
    texts = {p.name: p.read_text() for p in sorted(source.iterdir()) if p.is_file()}
    for edit in version.edits:
        if texts[edit.file].count(edit.now) != 1:
            raise ValueError(
                f"{source.name}/{edit.file}: {edit.now!r} should occur once, "
                f"to be put back for version {version.number}"
            )
        texts[edit.file] = texts[edit.file].replace(edit.now, edit.then)
    for name, text in texts.items():
        (folder / name).write_text(text)
