"""`affidavit explain`: one person's decision, by the model in a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.cli.extras import require_recheck
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.evidence import Subject
    from affidavit.recompute.explain.one_case.case_file import CaseFile
    from affidavit.reproduce.explaining import Explained

EXAMPLES = options.examples(
    "affidavit explain credit-risk-3.evidence.zip --key release.pub --row 1488",
    "affidavit explain credit-risk-3.evidence.zip --key release.pub --row 1488 --html --pdf",
    "affidavit explain credit-risk-3.evidence.zip --key release.pub --case case.json "
    "--decided 2026-05-02 --score 0.7312",
    "affidavit explain credit-risk-3.evidence.zip --key release.pub --case case.csv "
    "--data snapshot --out explanations/case.json",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@options.together(options.key, options.trust)
@click.option("--row", metavar="ID", help="A row of the data in the bundle, by its id.")
@click.option(
    "--case", type=options.FILE,
    help="A case that is not in the data: the model's inputs, a JSON object or one-row CSV.",
)  # fmt: skip
@click.option("--decided", metavar="DATE", help="The day of the decision, YYYY-MM-DD.")
@click.option(
    "--score", metavar="S", help="The score logged with the decision; compared first, within 1e-9."
)
@click.option(
    "--data", type=options.FOLDER, multiple=True,
    help="Holds what the bundle has by reference; digests decide. Repeatable.",
)  # fmt: skip
@click.option(
    "--out", type=options.FILE,
    help="Write here.  [default: ./MODEL-VERSION-ROW.explanation.json]",
)  # fmt: skip
@click.option("--html", is_flag=True, help="Also the page for the person, beside it.")
@click.option("--pdf", is_flag=True, help="The same page as PDF; needs the extra [build].")
@options.together(options.wheelhouse, options.model_env)
@click.option(
    "--run-untrusted-model",
    "run_untrusted",
    is_flag=True,
    help="Go on where the signer is unknown or isolation is too little; names what is lacking.",
)
@click.option(
    "--json", "as_json", is_flag=True,
    help="Everything to stdout, for machines; a file only with --out.",
)  # fmt: skip
def command(
    bundle: Path,
    *,
    keys: tuple[Path, ...],
    trust: Path | None,
    row: str | None,
    case: Path | None,
    decided: str | None,
    score: str | None,
    data: tuple[Path, ...],
    out: Path | None,
    html: bool,
    pdf: bool,
    wheelhouse: Path | None,
    model_env: Path | None,
    run_untrusted: bool,
    as_json: bool,
) -> None:
    """Score one row with the model in BUNDLE, and explain the score to the person concerned.

    What moved the score, the main reasons, and what would have changed the decision. The bundle is
    verified first, as by recheck, and its model is run in a sandbox. The result is a
    file of its own and holds one person's data: it is never added to the bundle. --html and --pdf
    write a page in plain words for that person.

    Exit codes: 0 explained; 1 the score is not the one that was logged (another version, or other
    inputs), or the bundle is refuted; 2 usage: no such row, or a case that does not fit the model;
    3 no signer to trust was given; 4 something could not be explained.
    """
    require_recheck("explain")
    from affidavit.cli.progress import Drawn
    from affidavit.reproduce.explaining import Request, explain
    from affidavit.reproduce.explanation_output import (
        Places,
        beside,
        default_place,
        require_free,
        require_pdf,
        write_explanation,
    )

    given = _case(row, case)
    name = given.name.rpartition(".")[0] or given.name if given is not None else row or ""

    def places_for(subject: Subject) -> Places:
        target = out or default_place(subject.name, subject.version, name)
        return Places(
            json=None if as_json and out is None else target,
            html=beside(target, ".html") if html else None,
            pdf=beside(target, ".pdf") if pdf else None,
        )

    request = Request(
        bundle=bundle, trust=trust_from(keys, trust), row=name, case=given,
        decided=options.day("--decided", decided), score=_score(score), data=data,
        run_untrusted=run_untrusted, options=options.worker_options(wheelhouse, model_env),
        before_run=lambda subject: require_free(places_for(subject).all),
    )  # fmt: skip
    if pdf:
        require_pdf()
    with Drawn() as progress:
        done = explain(request, progress)
    if done.result is not None:
        places = places_for(done.result.subject)
        write_explanation(done, places)
        for path in places.all:
            output.note(f"wrote {printable(str(path))}")
    _say(done, as_json=as_json)
    raise SystemExit(done.result.exit_code if done.result else done.verdict.exit_code)


def _case(row: str | None, case: Path | None) -> CaseFile | None:
    from affidavit.recompute.explain.one_case.case_file import read_case

    if (row is None) == (case is None):
        both = "exclude each other" if row is not None else "neither was given"
        raise UsageError(f"--row and --case: {both}", fix="name one row, or give one case")
    return None if case is None else read_case(case)


def _score(text: str | None) -> str | None:
    """The logged score as it was written: its digits tell how exact it is.

    Raises:
        UsageError: no finite number.
    """
    import math

    if text is None:
        return None
    try:
        is_number = math.isfinite(float(text))
    except ValueError:
        is_number = False
    if not is_number:
        raise UsageError(f"--score {printable(text)}: not a number", fix="write it as 0.7312")
    return text.strip()


def _say(done: Explained, *, as_json: bool) -> None:
    """The result; where nothing was loaded the verdict, which says why."""
    from affidavit.cli.explain_lines import explanation_lines
    from affidavit.cli.nothing_run import nothing_run_lines

    if as_json:
        output.say_json((done.result or done.verdict).model_dump(mode="json"))
        return
    if done.result is not None:
        lines = explanation_lines(done.result, quiet=output.settings().verbosity < 0)
    else:
        lines = nothing_run_lines(done.verdict)
    for line in lines:
        output.say(line)
