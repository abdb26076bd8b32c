"""data/card/model-card.json: what the card says, for machines. Schema affidavit/card, version 1."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError

from affidavit.bundle.canonical import loads
from affidavit.errors import BundleError
from affidavit.evidence import Record, Sha256, Subject
from affidavit.standing import Status

CARD_JSON = "data/card/model-card.json"


class CardNumber(Record):
    """A number that the card prints, value and interval exactly as in the reports."""

    id: str
    value: float | None
    low: float | None
    high: float | None
    n: int


class CardLine(Record):
    """One entry of *Read this first*: status in words, a sentence, what to do, where to look."""

    status: str
    text: str
    remedy: str = ""
    refs: tuple[str, ...] = ()


class CardKeyNumber(Record):
    """One of the numbers on page one: the number's id, and how it is printed."""

    number: str
    label: str
    shown: str
    interval: str
    n: str


class CardAbout(Record):
    """One row of *What exactly this is about*."""

    name: str
    text: str
    digest: str = ""


class CardPageOne(Record):
    """Page one, whole: what `page_one_text` prints."""

    title: str
    deck: str
    lines: tuple[CardLine, ...]
    holds: tuple[str, ...]
    key_numbers: tuple[CardKeyNumber, ...]
    about: tuple[CardAbout, ...]


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


class CardRecord(Record):
    """The card for machines. `numbers` holds every number that HTML and PDF print, and no other."""

    schema_: Literal["affidavit/card"] = Field(default="affidavit/card", alias="schema")
    version: Literal[1] = 1
    evidence_id: Sha256
    subject: Subject
    page_one: CardPageOne
    findings: tuple[CardFinding, ...]
    controls: tuple[CardStatus, ...]
    logged: CardLogged
    numbers: tuple[CardNumber, ...]


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
