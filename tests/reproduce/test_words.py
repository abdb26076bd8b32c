"""What a recheck says that it shows: no more than was run."""

from __future__ import annotations

import pytest

from affidavit.reproduce.record import Recheck
from affidavit.reproduce.words import says


@pytest.mark.parametrize(
    ("outcome", "begins"),
    [
        ("EQUAL", "It shows that these numbers follow from this model and these data. It does not"),
        ("EQUAL AS FAR AS RUN", "It shows that the numbers that were run follow"),
        ("DIFFERENT", "It shows that what differs does not follow"),
        ("NOT RUN", "It shows nothing"),
    ],
)
def test_it_says_no_more_than_was_run(outcome: str, begins: str) -> None:
    result = Recheck.model_construct(outcome=outcome, sample=None)

    assert says(result).startswith(begins)
