from __future__ import annotations

import pathlib
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from affidavit.bundle.names import (
    folder_name,
    portability_fault,
    require_portable_name,
    stored_name,
)
from affidavit.errors import EntryRefused, UsageError

NASTY = st.text(
    alphabet='abAB./\\: %*?"<>|\x00\n\x7f\u200b\u202eéÉ\u0301ß\u017f\ud800CONnul1', max_size=25
)
PARTS = st.text(alphabet="abAB.-_ 1éßCON", min_size=1, max_size=6)
# The last kind is mostly accepted, and the others mostly not: half of all are.
NAMES = NASTY | st.text(max_size=30) | st.lists(PARTS, min_size=1, max_size=4).map("/".join)


class TestPortableNames:
    """docs/bundle-format.md, N1 to N4: a name means the same file on every system."""

    @given(NAMES)
    def test_an_accepted_name_stays_below_its_folder_on_every_system(self, name: str) -> None:
        if portability_fault(name) is not None:
            return
        for flavour in (pathlib.PurePosixPath, pathlib.PureWindowsPath):
            path = flavour("top") / name
            assert path.parts[0] == "top"
            assert path.parts[1:] == tuple(name.split("/"))
            assert ".." not in path.parts
        assert name.encode("utf-8").decode() == name
        assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in name)

    @given(NAMES, NAMES)
    @example("kredi.csv", "kred\u0131.csv")  # one file on exFAT
    def test_two_accepted_names_differ_in_every_spelling_that_a_system_may_use(
        self, first: str, second: str
    ) -> None:
        seen: dict[str, str] = {}
        try:
            require_portable_name(first, seen)
            require_portable_name(second, seen)
        except EntryRefused:
            return
        for form in ("NFC", "NFD"):
            for fold in (str.lower, str.upper, str.casefold):
                a, b = (fold(unicodedata.normalize(form, n)) for n in (first, second))
                assert a != b

    @given(NAMES)
    def test_every_source_name_has_a_portable_place(self, name: str) -> None:
        stored = stored_name(name)

        assert portability_fault("data/dataset/evaluation/" + stored) is None
        assert stored == name or stored.startswith("_names/")

    @given(NAMES, st.integers(1, 10**17))
    def test_the_top_folder_is_portable_or_refused(self, name: str, version: int) -> None:
        try:
            folder = folder_name(name, str(version))
        except UsageError:
            return
        assert portability_fault(folder) is None
        assert "/" not in folder
        assert folder.isascii()
