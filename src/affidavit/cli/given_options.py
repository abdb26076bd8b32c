"""Options by which the builder gives data that the systems lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from affidavit.cli.options import several, together

F = TypeVar("F", bound=Callable[..., object])


def dataset(help_text: str) -> Callable[[F], F]:
    """`--dataset`: tuple[str, ...], as `datasets`."""
    return several(
        "--dataset", "datasets", envvar="AFFIDAVIT_DATASET", metavar="ROLE=PATH|URI",
        help_text=help_text,
    )  # fmt: skip


def given_data(command: F) -> F:
    """`--dataset`, `--include`: tuple[str, ...], as `datasets` and `includes`."""
    return together(
        dataset(
            "Data that you give for a role (a protected table: by its path in affidavit.toml): a "
            "file, a folder, s3://bucket/key. The card says so. Repeatable."
        ),
        several(
            "--include", "includes", envvar="AFFIDAVIT_INCLUDE", metavar="ROLE=embed|reference",
            help_text="Whether a given role's rows travel, where affidavit.toml does not name the "
            "role. Repeatable.",
        ),
    )(command)  # fmt: skip
