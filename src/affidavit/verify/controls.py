"""What a sealed status of a control may be, whatever led to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import EVIDENCE, ITEMS
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records

# They list what there is, and show nothing of it.
_LISTINGS: Final = frozenset({EVIDENCE, ITEMS})


def control_faults(records: Records) -> Iterator[Fault]:
    """Statuses that no seal can hold: attested before anyone signed, evidenced by a list."""
    for path, standing in records.standings.items():
        for one in standing.assessments:
            if one.status == "attested":
                yield Fault(
                    f"control {one.control} is sealed as attested; whether it is, follows from "
                    "signatures over the evidence", path, "needs-attestation", "attested",
                )  # fmt: skip
            if one.status == "evidenced" and {i.path for i in one.items} <= _LISTINGS:
                yield Fault(
                    f"control {one.control} is evidenced by a list of files alone", path,
                    "an item that shows it", ", ".join(i.path for i in one.items),
                )  # fmt: skip
