"""The seam between a command about one row and what explains: one scored row in, `Decisions` out.

`running.py` looks the row up, scores it and calls `explain_given`; nothing of the command knows how
a row is explained, and nothing that explains knows of bundles, files or pages.
"""

from __future__ import annotations

from typing import Any

from affidavit.explanation_record import Decisions, Lacking
from affidavit.progress import Progress
from affidavit.recompute.explain.asking import Asker, Opening
from affidavit.recompute.explain.decisions.single import Cases, given_cases
from affidavit.recompute.explain.explaining import Explaining
from affidavit.recompute.explain.features import explain_of
from affidavit.recompute.explain.output import choose_output, cut_of
from affidavit.recompute.explain.preparing import Prepared, ScoredRows, prepare


def explain_given(
    given: ScoredRows, data: ScoredRows, opening: Opening, progress: Progress
) -> Decisions:
    """Explain the one row of `given` against a background out of `data`.

    Args:
        given: one row, which need not be among `data`.
        data: the rows of the role that `[explain]` means, all of them; their configuration has
            `[explain]`, or its defaults.
        opening: gives the model in a worker of its own.
        progress: told what is being done.

    Returns:
        One `Decision`, `chosen` being `given`; what could not be explained is in `lacking`.

    Raises:
        ConfigError: `[explain]` does not fit the model's inputs.
    """
    output = choose_output(data.found, data.config, explain_of(data.config))
    if isinstance(output, Lacking):
        return Decisions(
            role=data.found.rows.role, of=data.config.label.column, scale="score", lacking=(output,)
        )
    with Asker(
        opening, output.chosen, data.found.rows.role, session_s=data.config.worker.timeout_s
    ) as asker:
        ready = prepare(data, (), output, asker)
        progress.step("explaining the row")
        explaining = Explaining(ready=ready, asker=asker)
        cases = _case(given, ready, output.of_predictions(given.found))
        attributed, lacking = explaining.attributed(given.inputs, "attributions")
        singles = explaining.singles(cases, attributed)
        return explaining.record(singles, attributed, lacking=lacking)


def _case(given: ScoredRows, ready: Prepared, scores: Any) -> Cases:
    """The row as a case; its configuration says whether a final decision is known of it."""
    found = given.found
    finals = None if found.final is None else [str(v) for v in found.final.texts()]
    return given_cases(
        ready.explained, [str(i.as_py()) for i in found.rows.ids()], given.inputs, scores,
        cut=cut_of(found, given.config),
        labels=[str(v) if v else "" for v in found.decision.texts()], finals=finals,
    )  # fmt: skip
