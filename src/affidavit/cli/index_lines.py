"""An inventory for the terminal: what does not hold, then the newest of each model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from affidavit.cli.output import field_lines, paint, short, wrapped
from affidavit.inspect.index_record import Index, Model, Problem
from affidavit.inspect.index_words import (
    STATUS_WORDS,
    STATUSES,
    attestation_words,
    refusal_text,
    since_text,
)
from affidavit.printable import printable
from affidavit.wording import count_text

_MOST_PROBLEMS: Final = 10
_MOST_MODELS: Final = 20
_LABEL: Final = 11


def index_lines(index: Index, written: tuple[Path, ...], *, verbosity: int) -> Iterator[str]:
    """The lines.

    Args:
        index: what was found.
        written: the files that were written.
        verbosity: -1 the last lines alone; 1 every model and every problem.
    """
    if verbosity >= 0:
        yield from _head(index)
        yield from _problems(index.problems, _MOST_PROBLEMS if verbosity < 1 else None)
        yield from _models(index.models, _MOST_MODELS if verbosity < 1 else None)
        yield ""
    for path in written:
        yield f"wrote {printable(str(path))}"
    if not written and verbosity < 0:
        yield _counted(index)


def _counted(index: Index) -> str:
    text = f"{count_text(len(index.models), 'model')}, {count_text(index.bundles, 'bundle')}"
    against = [
        f"{count:,} {kind}"
        for kind in ("refuted", "undecided", "unreadable")
        if (count := index.count(kind))
    ]
    return ", ".join([text, *against])


def _head(index: Index) -> Iterator[str]:
    if index.trust is None:
        text = "NOT VERIFIED  no key was given, so nobody vouches for what follows"
        yield text.replace("NOT VERIFIED", paint("NOT VERIFIED", "warn"), 1)
    yield _counted(index)
    yield from wrapped(index.checked)


def _problems(problems: tuple[Problem, ...], most: int | None) -> Iterator[str]:
    if not problems:
        return
    yield ""
    yield "Do not hold, or could not be looked at:"
    order = ("refuted", "undecided", "unreadable")
    ranked = sorted(problems, key=lambda p: (order.index(p.kind), p.bundle))
    for problem in ranked[:most]:
        yield from wrapped(f"  {problem.kind}  {problem.bundle}", rest="    ")
        yield from wrapped(problem.why, first="    ", rest="    ")
    if most is not None and len(problems) > most:
        yield f"  and {len(problems) - most:,} more; -v names every one"


def _models(models: tuple[Model, ...], most: int | None) -> Iterator[str]:
    for model in models[:most]:
        yield from _model(model)
    if most is not None and len(models) > most:
        yield ""
        yield f"and {count_text(len(models) - most, 'more model')}; -v shows every one"


def _model(model: Model) -> Iterator[str]:
    newest, *older = model.versions
    yield ""
    more = f"   and {len(older):,} older" if older else ""
    yield from wrapped(f"{model.name}  version {newest.version}, "
                       f"evidence {short(newest.evidence_id)}{more}", rest="  ")  # fmt: skip
    says = f"{newest.owner or 'not declared'}; tier {newest.tier or 'not declared'}"
    yield from field_lines("owner", says, width=_LABEL)
    findings = (count_text(newest.exceptions, "exception"), count_text(newest.gaps, "gap"))
    yield from field_lines("findings", " and ".join(findings), width=_LABEL)
    counted = (
        f"{count:,} {STATUS_WORDS[s]}" for s in STATUSES if (count := newest.controls.get(s))
    )
    yield from field_lines("controls", ", ".join(counted) or "not assessed", width=_LABEL)
    if words := ", ".join(text for _, text in attestation_words(newest)):
        ends = f"; next ends {newest.next_expiry}" if newest.next_expiry else ""
        refused = f"; {said}" if (said := refusal_text(newest)) else ""
        yield from field_lines("attested", words + refused + ends, width=_LABEL)
    signer = newest.signed_by or ("not checked" if newest.fingerprint else "not signed")
    yield from field_lines("signed by", signer, width=_LABEL)
    has_validated = any(v.validated_by for v in model.versions)
    validated = f"validated by {', '.join(newest.validated_by)}; " if newest.validated_by else ""
    changed = validated + since_text(newest, has_validated=has_validated)
    yield from field_lines("changed", changed, width=_LABEL)
