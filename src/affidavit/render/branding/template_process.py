"""Foreign templates run here: a process of its own, sandboxed and bounded (`running.py` starts it).

A pickle of the card on stdin, the HTML on stdout. The card comes from the parent, through a pipe.
"""

from __future__ import annotations

import pickle
import sys
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from affidavit.render.branding.source import FILTERS, GLOBALS, SECTIONS, all_sources

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

REFUSED: Final = 83
TOO_LARGE: Final = 84
# What text may be asked for: nothing that makes markup of it, or a text without end.
_TEXT_METHODS: Final = frozenset(
    ("startswith", "endswith", "upper", "lower", "title", "strip", "split", "partition",
     "removeprefix", "removesuffix", "isdigit", "count", "find")
)  # fmt: skip


def main() -> int:
    """Render `sections.html.jinja`; the limits come first.

    Returns:
        0, or `REFUSED` or `TOO_LARGE` with the reason as the last line on stderr.
    """
    given: dict[str, Any] = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  our parent's own
    _limit(given["memory_bytes"], given["cpu_s"])
    size, most = 0, given["size_bytes"]
    try:
        template = environment(given["templates"]).get_template(SECTIONS)
        for part in template.generate(given["context"]):
            content = part.encode("utf-8")
            size += len(content)
            if size > most:
                return TOO_LARGE
            sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except MemoryError:
        return TOO_LARGE
    except Exception as error:  # noqa: BLE001  whatever a foreign template does is its refusal
        sys.stderr.write(f"{_where(error)}{type(error).__name__}: {error}\n".replace("\n", " "))
        return REFUSED
    return 0


def environment(templates: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """The sandbox: escaping on, few filters, nothing to load but the card's templates."""
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    from affidavit.render.documents import FILTERS_OF_OURS

    sources = all_sources(templates)

    def load(name: str) -> tuple[str, str, None] | None:
        return (sources[name], name, None) if name in sources else None  # a name for the trace

    class Sandbox(ImmutableSandboxedEnvironment):
        """Text gives a few methods, and markup none: `translate` would put raw text into it."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            if isinstance(obj, Markup):
                return False
            if isinstance(obj, str):
                return attr in _TEXT_METHODS
            return super().is_safe_attribute(obj, attr, value)

    made = Sandbox(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(FILTERS_OF_OURS)
    made.filters = {n: f for n, f in made.filters.items() if n in FILTERS}
    made.globals = {n: made.globals[n] for n in GLOBALS}
    return made


def _limit(memory_bytes: int, cpu_s: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's clock and the size of what is written bound it
        return
    for kind, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        resource.setrlimit(kind, (most, most))


def _where(error: BaseException) -> str:
    """`file:line: ` of the innermost template in the trace."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename.endswith(".html.jinja"):
            return f"{frame.filename}:{frame.lineno}: "
    return ""


if __name__ == "__main__":
    sys.exit(main())
