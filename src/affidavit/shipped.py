"""Where `templates/` and `policies/` are: in the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

from affidavit.errors import AffidavitError


def shipped(folder: str) -> Path:
    """The folder of that name, from the installed wheel or from the checkout.

    Raises:
        AffidavitError: an installation without it.
    """
    package = Path(__file__).parent
    for place in (package / "_shipped" / folder, package.parent.parent / folder):
        if place.is_dir():
            return place
    raise AffidavitError(
        f"this installation has no {folder}/", fix="install the wheel or the checkout again"
    )
