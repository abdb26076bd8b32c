"""Foreign templates, run apart, and what they gave, checked."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from affidavit.errors import ConfigError
from affidavit.printable import printable
from affidavit.render.branding.foreign_html import checked_html
from affidavit.render.branding.template_process import REFUSED, TOO_LARGE

if TYPE_CHECKING:
    from affidavit.render.branding.folder import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a template may take. The largest card that we build needs a tenth of each."""

    wall_s: float = 60.0
    cpu_s: int = 50
    memory_bytes: int = 1 << 30
    size_bytes: int = 32 << 20


DEFAULT: Final = Limits()


def foreign_sections(
    brand: Brand, context: Mapping[str, Any], pictures: tuple[str, ...], limits: Limits = DEFAULT
) -> str:
    """What stands after page one, by a bank's templates, built anew from what is allowed.

    Args:
        brand: has templates.
        context: what they see; it goes to the process as a pickle.
        pictures: our own drawings, as they stand in the HTML; no other may stand there.
        limits: of time, memory and size.

    Raises:
        ConfigError: a template failed, took too much, or gave what is not allowed on a card.
    """
    given = pickle.dumps({
        "templates": dict(brand.templates), "context": dict(context),
        "memory_bytes": limits.memory_bytes, "cpu_s": limits.cpu_s,
        "size_bytes": limits.size_bytes,
    })  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "affidavit.render.branding.template_process"],
            input=given, capture_output=True, timeout=limits.wall_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _too_slow(brand, limits) from error
    if done.returncode == 0:
        return checked_html(done.stdout.decode("utf-8"), pictures, brand.templates)
    if done.returncode == TOO_LARGE:
        raise ConfigError(
            f"the templates in {brand.folder} take too much: at most "
            f"{limits.size_bytes >> 20} MB of HTML, {limits.memory_bytes >> 20} MB of memory",
            fix="look for a loop that goes on and on",
        )
    if done.returncode == REFUSED:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise ConfigError(f"a template in {brand.folder} was refused", printable(said[:500]))
    raise _too_slow(brand, limits)  # ended from outside: by the limit of CPU time


def _too_slow(brand: Brand, limits: Limits) -> ConfigError:
    return ConfigError(
        f"the templates in {brand.folder} did not end in time: at most {limits.cpu_s} s of one "
        f"processor, {limits.wall_s:g} s in all",
        fix="look for a loop that goes on and on",
    )
