"""docs/attacks.md, made of the cases: `python -m tests.attacks.suite.listing` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.attacks.suite.case import USAGE, all_attacks
from tests.attacks.suite.elsewhere import ELSEWHERE

PAGE = Path(__file__).parents[3] / "docs" / "attacks.md"
_HEAD = """\
# Attacks that are refused

Made of the cases in `tests/attacks/suite/` by `python -m tests.attacks.suite.listing`; a test holds this page
against them. Each forges one good bundle, key or trust.toml and goes through `affidavit verify` as a user runs
it: `check` is the id that has to name it in `--json`, `exit` the exit code. The untouched twin of each passes.
Nothing of any of them reaches the terminal raw, and none ends in a traceback. The attacker of `record/` has the
right key; exit code 4 (undecided) says that a newer affidavit is needed, and is never a pass; `usage` is refused
before there is a verdict.
"""
_BESIDE = """
## Beside these

Tests that need another world than one bundle:
"""


def page() -> str:
    """The whole page."""
    attacks = all_attacks()
    groups = dict.fromkeys(a.id.partition("/")[0] for a in attacks)
    parts = [_HEAD]
    for group in groups:
        rows = ((a.id, a.does, _check(a.check), str(a.exit_code)) for a in attacks
                if a.id.startswith(f"{group}/"))  # fmt: skip
        parts += [
            f"\n## {group}\n",
            _table(("case", "what the attacker does", "check", "exit"), rows),
        ]
    beside = ((e.id, e.does, e.named_by, f"`{e.test.rpartition('::')[2]}`") for e in ELSEWHERE)
    parts += [
        _BESIDE,
        _table(("case", "what the attacker does", "what comes of it", "test"), beside),
    ]
    return "\n".join(parts)


def _check(check: str) -> str:
    return check if check == USAGE else f"`{check}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(c.replace("|", "\\|") for c in r) for r in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
