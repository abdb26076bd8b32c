"""`affidavit doctor`: what a build would need, whether it is there, and what to do if not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output

if TYPE_CHECKING:
    from affidavit.cli.doctor_checks import Part, Status

EXAMPLES = options.examples(
    "affidavit doctor",
    "affidavit doctor --tracking-uri http://localhost:5000 --repo . --signer keys/release.pem",
    "affidavit doctor --json",
)
_SOMETHING_MISSING = 4
_MARKS: Mapping[Status, tuple[str, output.Role]] = {
    "ok": ("●", "good"),
    "missing": ("○", "bad"),
    "not configured": ("·", "soft"),
}


@click.command(epilog=EXAMPLES)
@options.together(options.tracking_uri, options.repo, options.remote, options.signer)
@click.option(
    "--out", type=options.FOLDER, default=Path(), help="Where a bundle would go.  [default: .]"
)
@options.as_json
def command(
    tracking_uri: str | None,
    repo: str | None,
    remote: str | None,
    signer: str | None,
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Check each thing that a build would need, and say the fix.

    What is not configured is nobody's fault: options give it, or variables, or
    ~/.config/affidavit/sources.toml. Exit codes: 0 a build can run, 4 something that it needs is
    missing.
    """
    from affidavit.cli.doctor_checks import look
    from affidavit.cli.progress import Drawn

    given = {"tracking_uri": tracking_uri, "repo": repo, "remote": remote}
    with Drawn() as progress:
        parts = look(given, signer, out, progress.step)
    lacking = [part for part in parts if part.is_required and part.status == "missing"]
    if as_json:
        output.say_json(_as_json(parts, can_build=not lacking))
    else:
        if output.settings().verbosity >= 0:
            _say(parts)
            if not lacking:
                _say_next(given)
        output.say(_last_line(parts, lacking))
    raise SystemExit(_SOMETHING_MISSING if lacking else 0)


def _say_next(given: Mapping[str, str | None]) -> None:
    from affidavit.cli.pasting import pasted
    from affidavit.sources import public_uri

    words = ["affidavit", "init", "models:/NAME/VERSION"]
    for name, value in given.items():
        words += [f"--{name.replace('_', '-')}", public_uri(value)] if value else []
    output.say("Next; it asks for what only you know, and ends with the command to build:")
    for line in pasted(words):
        output.say(line)
    output.say()


def _say(parts: tuple[Part, ...]) -> None:
    for part in parts:
        mark, role = _MARKS[part.status]
        status = f"  {mark} {part.status:<15}"
        told = [part.found, *(f"fix: {line}" for line in part.fix.splitlines())]
        if part.status == "not configured":
            told = [part.fix]
        for line in output.field_lines(
            f"{status[2:]} {part.name}", "\n".join(t for t in told if t), width=35
        ):
            output.say(line.replace(status, output.paint(status, role), 1))
    output.say()


def _last_line(parts: tuple[Part, ...], lacking: list[Part]) -> str:
    if lacking:
        return f"A build cannot run yet: {', '.join(part.name for part in lacking)}."
    without = {part.name for part in parts if part.status == "missing"}
    limits = [
        text
        for name, text in (
            ("PDF", "without the PDF card (--no-pdf)"),
            ("sandbox", "with fewer walls around the model"),
            ("free disk", "if the disk suffices"),
        )
        if name in without
    ]
    unset = [part.name for part in parts if part.status == "not configured"]
    line = "A build can run" + (f", {', '.join(limits)}" if limits else "")
    line += f"; still to be given: {', '.join(unset)}." if unset else "."
    return "\n".join(output.wrapped(line))


def _as_json(parts: tuple[Part, ...], *, can_build: bool) -> dict[str, object]:
    return {
        "can_build": can_build,
        "parts": [
            {
                "name": part.name,
                "status": part.status,
                "required": part.is_required,
                "found": part.found,
                "fix": part.fix,
            }
            for part in parts
        ],
    }
