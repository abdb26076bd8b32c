"""The inventory as one page: its own styles, fonts and script in it, no address, no network.

Written piece by piece, so that memory does not grow with the page. Every text from a bundle goes
through `shown`, and stands between tags, never in an attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import Template
from typing import Final

from affidavit.csp import source_hash
from affidavit.fonts import font_faces
from affidavit.inspect.index_cells import (
    age_cell,
    attested_cell,
    change_cell,
    controls_cell,
    plain_cell,
    shown,
    signed_cell,
    version_cell,
)
from affidavit.inspect.index_record import EXPIRES_SOON_DAYS, Index, Model, Problem, Version
from affidavit.inspect.index_words import day_text
from affidavit.shipped import shipped
from affidavit.wording import count_text

_ROWS: Final = "<!-- models -->\n"
# What a page of ours has in it; only such a file is ever replaced.
MARK: Final = b'<meta name="generator" content="Affidavit index">'
_NO_KEY: Final = (
    "No key was given, so no signature was checked: whoever sent these bundles could have made "
    "all of them."
)
_NO_VALIDATOR: Final = (
    "No version here was validated by a key that you trust: none carries an attestation by a "
    "pinned validator."
)
_KINDS: Final = {
    "refuted": ("exception", "Refuted"),
    "undecided": ("missing", "Undecided"),
    "unreadable": ("missing", "Not readable"),
}


def page(index: Index) -> Iterator[bytes]:
    """The page, in pieces.

    Raises:
        AffidavitError: an installation without templates.
    """
    folder = shipped("templates") / "index"
    styles = font_faces() + (folder / "index.css").read_text(encoding="utf-8")
    script = (folder / "index.js").read_text(encoding="utf-8")
    shell = Template((folder / "index.html").read_text(encoding="utf-8"))
    text = shell.substitute(
        styles=styles, styles_hash=source_hash(styles),
        script=script, script_hash=source_hash(script),
        day=day_text(index.as_of), title=_title(index), deck=shown(index.checked),
        notes=_notes(index), problems=_ROWS * 2, soon=EXPIRES_SOON_DAYS,
    )  # fmt: skip
    head, _, rest = text.partition(_ROWS * 2)
    middle, _, tail = rest.partition(_ROWS)
    yield head.encode()
    yield from (part.encode() for part in _problems(index.problems))
    yield middle.encode()
    for model in index.models:
        yield _model(model).encode()
    yield tail.encode()


def _title(index: Index) -> str:
    models = count_text(len(index.models), "model")
    return f"{models}, {count_text(index.bundles, 'bundle')}"


def _notes(index: Index) -> str:
    """What a reader must know before the table, worst first."""
    refuted = index.count("refuted")
    unseen = index.count("undecided") + index.count("unreadable")
    has_validated = any(v.validated_by for m in index.models for v in m.versions)
    bundles, files = count_text(refuted, "bundle"), count_text(unseen, "file")
    notes = (
        (refuted, "exception", "Refuted", f"{bundles}, listed first, and not among the models."),
        (index.trust is None, "exception", "Not verified", _NO_KEY),
        (unseen, "missing", "Not looked at", f"{files}, listed first, too."),
        (not has_validated, "missing", "Not validated", _NO_VALIDATOR),
        (index.trust, "evidenced", "Trust", f"Keys from {shown(index.trust or '')}."),
        (True, "not", "Folder", f"{shown(index.folder)}, and all folders in it."),
    )
    lines = (
        f'<li><span class="label {name}">{word}</span><div>{what}</div></li>'
        for applies, name, word, what in notes
        if applies
    )
    return f'<ul class="notes">{"".join(lines)}</ul>'


def _problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    if not problems:
        return
    yield (
        '<h2 id="problems">Bundles that do not hold, or could not be looked at</h2>\n'
        '<table class="problems" aria-labelledby="problems"><thead><tr><th scope="col">File</th>'
        '<th scope="col">What is wrong</th><th scope="col">What to do</th></tr></thead>\n<tbody>\n'
    )
    order = list(_KINDS)
    for problem in sorted(problems, key=lambda p: (order.index(p.kind), p.bundle)):
        name, word = _KINDS[problem.kind]
        says = f'<span class="also">says it is about {shown(problem.says or "")}</span>'
        why = f'<span class="st {name}">{word}</span>{shown(problem.why)}'
        for label, text in (("expected", problem.expected), ("found", problem.found)):
            if text:
                why += f'<span class="also">{label} {shown(text)}</span>'
        yield (
            f'<tr><th scope="row">{shown(problem.bundle)}{says if problem.says else ""}</th>'
            f"<td>{why}</td><td>{shown(problem.fix or '')}</td></tr>\n"
        )
    yield "</tbody></table>\n"


def _model(model: Model) -> str:
    has_validated = any(v.validated_by for v in model.versions)
    bundles = count_text(len(model.versions), "bundle")
    rows = "".join(_version(v, has_validated=has_validated) for v in model.versions)
    return (
        f'<tbody><tr class="m"><th colspan="10" scope="rowgroup">{shown(model.name)}'
        f"<span>{bundles}</span></th></tr>\n{rows}</tbody>\n"
    )


def _version(version: Version, *, has_validated: bool) -> str:
    is_expiring = any(a.state in ("expires-soon", "expired") for a in version.attestations)
    marks = {
        "exc": version.exceptions, "gap": version.gaps, "exp": is_expiring,
        "unv": not version.validated_by,
    }  # fmt: skip
    return (
        f'<tr class="{" ".join(name for name, holds in marks.items() if holds)}">'
        + version_cell(version)
        + plain_cell(version.owner, "not declared")
        + plain_cell(version.tier, "none")
        + age_cell(version)
        + f'<td class="r">{version.gaps}</td>'
        + (f'<td class="r{" worst" if version.exceptions else ""}">{version.exceptions}</td>')
        + controls_cell(version)
        + attested_cell(version)
        + signed_cell(version)
        + change_cell(version, has_validated=has_validated)
        + "</tr>\n"
    )
