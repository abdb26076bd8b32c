"""What a bundle may ask of the machine that rechecks it, and which findings it may hide."""

from __future__ import annotations

from tests.recompute.case import binary_config

from affidavit.config import Worker
from affidavit.evidence import Finding
from affidavit.reproduce.allowing import bounded
from affidavit.reproduce.lacking import Lacking

GREEDY = Worker(memory_mb=1 << 20, timeout_s=604_800, processes=200, scratch_mb=1 << 20)


def test_a_stranger_s_limits_are_never_above_the_reader_s() -> None:
    config = binary_config(worker=GREEDY)

    kept = bounded(config, run_untrusted=False).worker

    assert (kept.memory_mb, kept.timeout_s, kept.processes, kept.scratch_mb) == (
        16_384, 3_600, 0, 4_096,
    )  # fmt: skip
    modest = binary_config(worker=Worker(memory_mb=512))
    assert bounded(modest, run_untrusted=False) == modest


def test_who_answers_for_the_model_takes_its_limits() -> None:
    config = binary_config(worker=GREEDY)

    assert bounded(config, run_untrusted=True) == config


def test_an_attribute_called_like_a_kind_of_finding_hides_none() -> None:
    lacking = Lacking(
        roles=frozenset(), attributes=frozenset({"recompute", "rescored"}), suites=frozenset(),
        is_model=False, reference="training", main="evaluation", is_challenger=False,
    )  # fmt: skip

    def covered(name: str) -> bool:
        finding = Finding(id=name, kind="exception", stage="recompute", what="w", fix="f")
        return lacking.covers_finding(finding, binary_config())

    assert not covered("recompute.rescored.evaluation")
    assert covered("recompute.missing.rescored.evaluation")  # of the attribute that is not there
