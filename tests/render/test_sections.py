"""The order in which findings are read."""

from affidavit.evidence import Finding
from affidavit.render.sections import ranked


def finding(name: str, kind: str, stage: str) -> Finding:
    return Finding.model_validate({
        "id": name, "kind": kind, "stage": stage, "what": "it is so", "fix": "mend it",
    })  # fmt: skip


def test_exceptions_come_first_and_of_the_gaps_the_one_that_leaves_others_behind_it() -> None:
    found = [
        finding("code.commit", "gap", "resolve"), finding("data.a.snapshot", "gap", "resolve"),
        finding("recompute.nothing", "gap", "recompute"), finding("run.id", "gap", "resolve"),
        finding("code.dirty", "exception", "resolve"), finding("hold.1", "exception", "recompute"),
    ]  # fmt: skip

    assert [f.id for f in ranked(found)] == [
        "hold.1", "code.dirty", "run.id", "code.commit", "data.a.snapshot", "recompute.nothing",
    ]  # fmt: skip
