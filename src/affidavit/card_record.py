"""data/card/model-card.json: what the card says, for machines. Schema affidavit/card, version 1.

Render writes it; verify holds it against the record, strictly.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import FailFast, Field, ValidationError

from affidavit.bundle.canonical import loads
from affidavit.bundle.layout import CARD_JSON
from affidavit.bundle.recheck import Came
from affidavit.challenger_card import CardChallenger
from affidavit.errors import BundleError
from affidavit.evidence import Record, Sha256, Subject
from affidavit.explained_card import CardExplained
from affidavit.printable import printable
from affidavit.standing import Status

LineStatus = Literal["Exception", "Missing", "Needs attestation", "Set aside", "Declared"]
_BREAKS: Final = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")


def one_line(text: str) -> str:
    """Text from outside as the card shows it: on one line, nothing in it hides or acts."""
    return printable(_BREAKS.sub(" ", text))


class CardNumber(Record):
    """A number that the card prints, value and interval exactly as in the reports.

    Cells below ten people are masked, with what would give them away.

    Attributes:
        value: None where it is undefined, or `hidden`.
        n: None where the rows are hidden.
        masked: `hidden`: the report has the value; `rounded`: to a step that leaves at least ten
            people open, without an interval. Absent where the number is the report's.
    """

    id: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    masked: Literal["hidden", "rounded"] | None = None


class CardLine(Record):
    """One entry of *Read this first*: status in words, a sentence, what to do, where to look.

    Attributes:
        findings: the ids of the findings that the line is about, as `one_line` shows them.
        controls: the controls that it is about, `catalog/control`.
    """

    status: LineStatus
    text: str
    remedy: str = ""
    refs: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


class CardKeyNumber(Record):
    """One of the numbers on page one: the number's id, what it is, and how it is printed."""

    number: str
    label: str
    definition: str = ""
    shown: str
    interval: str
    n: str


class CardAbout(Record):
    """One row of *What exactly this is about*."""

    name: str
    text: str
    digest: str = ""


class CardPageOne(Record):
    """Page one, whole: what `page_one_text` prints.

    Attributes:
        direction: what is taken as good for the person, and which way scores go.
    """

    title: str
    deck: str
    lines: Annotated[tuple[CardLine, ...], FailFast()]
    holds: tuple[str, ...]
    key_numbers: Annotated[tuple[CardKeyNumber, ...], FailFast()]
    about: Annotated[tuple[CardAbout, ...], FailFast()]
    direction: str = ""


class CardFinding(Record):
    """A finding of the evidence, by its id."""

    id: str
    kind: Literal["gap", "exception"]


class CardStatus(Record):
    """A control's status as sealed."""

    catalog: str
    as_of: str
    control: str
    status: Status


class CardLogged(Record):
    """How many logged metrics equal what was recomputed."""

    equal: int
    different: int
    not_recomputable: int


class CardRecheck(Record):
    """A signed recheck that the sealer's trust vouches for; only an updated bundle's card has any.

    All but `by` is what the statement says; machine and day are its signer's word.

    Attributes:
        statement: sha256 of the signed statement's file, which is in the bundle.
        by: the name that the trust gives the signer.
        numbers: how many were compared. not_run: how many were not.
        made_on: day, UTC.
    """

    statement: Sha256
    by: str
    outcome: Came
    numbers: Annotated[int, Field(ge=0)]
    not_run: Annotated[int, Field(ge=0)]
    machine: str
    made_on: str


class CardTable(Record):
    """A table of a section that is no table of `numbers`, as printed."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class CardSection(Record):
    """What a section prints beside `numbers`: its texts, each once and in order, and its tables."""

    name: Literal[
        "performance", "fairness", "data", "explainability", "stability", "reproducibility"
    ]
    texts: tuple[str, ...]
    tables: tuple[CardTable, ...]


class CardDefinition(Record):
    """What a metric or a method of the reports is: prose, with its source.

    Attributes:
        names: the metrics, or the part of a method's name, that it is about.
    """

    names: tuple[str, ...]
    title: str
    definition: str
    source: str


class CardRecord(Record):
    """The card for machines. `numbers` holds every number of the reports.

    Pages print no number that is not in this record, but for what they quote: declarations, facts,
    controls, findings and files. `explained` has those numbers of the explanation that are asked
    for first, as its file has them, and `challenger` those of the comparison with one; None where
    there is none. `sections` are prose and tables, covered by the digest alone.
    """

    schema_: Literal["affidavit/card"] = Field(default="affidavit/card", alias="schema")
    version: Literal[1] = 1
    evidence_id: Sha256
    subject: Subject
    page_one: CardPageOne
    findings: Annotated[tuple[CardFinding, ...], FailFast()]
    controls: Annotated[tuple[CardStatus, ...], FailFast()]
    logged: CardLogged
    numbers: Annotated[tuple[CardNumber, ...], FailFast()]
    sections: Annotated[tuple[CardSection, ...], FailFast()] = ()
    definitions: Annotated[tuple[CardDefinition, ...], FailFast()] = ()
    rechecks: Annotated[tuple[CardRecheck, ...], FailFast()] = ()
    explained: CardExplained | None = None
    challenger: CardChallenger | None = None


def read_card(content: bytes) -> CardRecord:
    """The card record from the bytes of `data/card/model-card.json`.

    Raises:
        BundleError: the bytes are not such a record.
    """
    loads(content, CARD_JSON)
    try:
        return CardRecord.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise BundleError(
            f"{CARD_JSON} is not a card of version 1", f"{place}: {fault['msg']}"
        ) from error
