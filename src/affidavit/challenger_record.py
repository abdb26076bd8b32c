"""reports/challenger.json: the model and a challenger on the same rows.

Recompute states it, verify derives what follows from counts again, the card shows it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import FailFast, Field

from affidavit.config import Config
from affidavit.evidence import LEVEL, CountSpec, Record
from affidavit.metric_names import is_training_role
from affidavit.paired import Paired
from affidavit.places import Place

HEADING: Final = "challenger"  # the first part of every id
# Which version it is; what was asked for; its files, and the gap where they were not to be had;
# what it was run in.
VERSION_FACT: Final = "challenger.version"
ASKED_FACT: Final = "challenger.asked"
ARTIFACT_FACT: Final = "challenger.artifact"
ENVIRONMENT_FACT: Final = "challenger.environment"
FILES: Final = "data/challenger/"  # held by reference, each an item of the kind challenger-model
LOCK: Final = "data/environment/challenger.lock"
Side = Literal["subject", "challenger"]
# Measures of all rows that say who is better: 1 where more is, -1 where less is. A true or false
# positive rate alone does not: it can be had at the price of the other.
BETTER: Final[dict[str, int]] = {"roc_auc": 1, "accuracy": 1, "brier_score": -1, "mae": -1}
_SAME_THRESHOLDS: Final = "The thresholds of affidavit.toml decide for both models."
_SAME_ADAPTER: Final = "The adapter and the parameters of [model] are used for both models."
_SAME_ROWS: Final = "Differences are this model's value less the challenger's, paired row by row."
_NOT_ITS_OWN: Final = (
    "The decisions on record are those of a column, not of the model, so that only scores are "
    "compared."
)
_TRAINING: Final = "These are training rows: differences are of fit, not of performance."


class ComparedNumber(Record):
    """One measure of both models on the same rows.

    Attributes:
        id: `challenger/<role>/<metric>[/<place>]`, the place as in a report.
        event: the label that it counts, where it counts one.
        group, attributes: as in a number of a report.
        n: rows that carry it.
        subject, challenger: the two values; absent where undefined, and then `reason` says why.
        difference: subject minus challenger.
        low, high, level, method: the interval of the difference; absent where there is none, and
            then `reason` says why.
        p_value, test: two-sided, that the two do not differ; not adjusted.
        favours: whom the interval favours; absent where it holds 0, where there is none, and where
            the measure alone does not say who is better.
        source: `verify` derives `counts` numbers again; `scores` numbers need the predictions.
    """

    id: str
    metric: str
    event: str | None = None
    group: dict[str, str] | None = None
    attributes: tuple[str, ...] | None = None
    n: Annotated[int, Field(ge=0)]
    subject: float | None = None
    challenger: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    p_value: float | None = None
    test: str | None = None
    reason: str | None = None
    favours: Side | None = None
    source: Literal["counts", "scores"] = Field(alias="from")


class ChallengerRole(Record):
    """One dataset role.

    Attributes:
        n_rows, n_labelled: rows that both models were given; of these, with a known label.
        counts: how reports/counts/<role>.challenger.csv is to be read; absent where the decisions
            are not the model's, and of a regression.
    """

    role: str
    n_rows: Annotated[int, Field(ge=0)]
    n_labelled: Annotated[int, Field(ge=0)]
    counts: CountSpec | None = None
    numbers: Annotated[tuple[ComparedNumber, ...], FailFast()]
    notes: tuple[str, ...] = ()


class ChallengerReport(Record):
    """reports/challenger.json.

    Attributes:
        name, model_version: of the challenger, a version in the same registry.
        roles: the main one first, then by name.
        notes: what is true of all roles.
    """

    schema_: Literal["affidavit/challenger"] = Field(default="affidavit/challenger", alias="schema")
    version: Literal[1] = 1
    name: str
    model_version: str
    task: Literal["binary", "multiclass", "regression"]
    roles: Annotated[tuple[ChallengerRole, ...], FailFast()]
    notes: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """`credit-risk, version 2`."""
        return f"{self.name}, version {self.model_version}"


def compared_number(
    place: Place,
    metric: str,
    found: Paired,
    source: Literal["counts", "scores"],
    event: str | None = None,
) -> ComparedNumber:
    """The record of a paired measure whose `before` is the challenger and `after` the subject."""
    is_whole = place.group is None and place.attributes is None
    return ComparedNumber(
        id=place.number_id(metric), metric=metric, event=event, group=place.group,
        attributes=place.attributes, n=found.n, subject=found.after, challenger=found.before,
        difference=found.difference, low=found.low, high=found.high,
        level=None if found.low is None else LEVEL, method=found.method, p_value=found.p_value,
        test=found.test, reason=found.reason,
        favours=favoured(metric, found.low, found.high) if is_whole else None, source=source,
    )  # fmt: skip


def favoured(metric: str, low: float | None, high: float | None) -> Side | None:
    """Whom a difference of all rows favours, by its interval; None where that is not shown."""
    sign = BETTER.get(metric, 0)
    if not sign or low is None or high is None or low <= 0 <= high:
        return None
    return "subject" if (low > 0) == (sign > 0) else "challenger"


def decides(config: Config) -> bool:
    """Whether the decisions that are counted are the model's own."""
    decision = config.decision
    return config.task == "multiclass" or decision.threshold is not None or bool(decision.segment)


def report_notes(config: Config) -> tuple[str, ...]:
    """What is true of all roles."""
    notes = [_SAME_ROWS]
    notes += [_SAME_THRESHOLDS] if config.task == "binary" and decides(config) else []
    notes += [_SAME_ADAPTER] if config.model.adapter is not None or config.model.params else []
    return tuple(notes)


def role_notes(role: str, config: Config) -> tuple[str, ...]:
    """What is true of one role; a regression has no decisions that could be another's."""
    notes = [_TRAINING] if is_training_role(role) else []
    notes += [_NOT_ITS_OWN] if config.task != "regression" and not decides(config) else []
    return tuple(notes)
