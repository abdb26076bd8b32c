"""Options by which the builder gives data that the systems lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from affidavit.cli.options import Lines, together

F = TypeVar("F", bound=Callable[..., object])


def dataset(help_text: str) -> Callable[[F], F]:
    """`--dataset`: tuple[str, ...], as `datasets`."""
    return click.option(
        "--dataset",
        "datasets",
        multiple=True,
        type=Lines(),
        envvar="AFFIDAVIT_DATASET",
        show_envvar=True,
        metavar="ROLE=PATH|URI",
        help=help_text,
    )


def given_data(command: F) -> F:
    """`--dataset`, `--include`: tuple[str, ...], as `datasets` and `includes`."""
    return together(
        dataset(
            "Data that you give for a role (a protected table: by its path in affidavit.toml): a "
            "file, a folder, s3://bucket/key. The card says so. Repeatable."
        ),
        click.option(
            "--include",
            "includes",
            multiple=True,
            type=Lines(),
            envvar="AFFIDAVIT_INCLUDE",
            show_envvar=True,
            metavar="ROLE=embed|reference",
            help="Whether a given role's rows travel, where affidavit.toml does not name the "
            "role. Repeatable.",
        ),
    )(command)
