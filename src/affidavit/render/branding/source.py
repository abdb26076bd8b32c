"""What a foreign template may say, looked at before it runs; and where it says something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from affidavit.errors import ConfigError, MissingExtra
from affidavit.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import nodes

SHIPPED: Final = "shipped/"
SECTIONS: Final = "sections.html.jinja"
MACROS: Final = "macros.html.jinja"
# None of these gives text that is not escaped; `safe`, `tojson`, `urlize`, `xmlattr` are not here.
FILTERS: Final = frozenset((
    "abs", "batch", "capitalize", "count", "default", "direction", "first", "float", "groupby",
    "int", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
    "replace", "reverse", "round", "select", "selectattr", "slice", "sort", "string", "sum",
    "title", "together", "trim", "truncate", "unbroken", "unique", "upper", "wordcount",
))  # fmt: skip
GLOBALS: Final = ("range", "namespace")


def shipped_sources() -> dict[str, str]:
    """The two shipped templates that a foreign one may import, extend or replace."""
    folder = shipped("templates") / "card"
    return {n: (folder / n).read_text(encoding="utf-8") for n in (SECTIONS, MACROS)}


def all_sources(templates: Mapping[str, str]) -> dict[str, str]:
    """Every template by the name it is loaded by: a foreign one goes before the shipped one."""
    ours = shipped_sources()
    return {**ours, **{f"{SHIPPED}{n}": s for n, s in ours.items()}, **templates}


def require_safe_templates(templates: Mapping[str, str]) -> None:
    """Refuse templates that Jinja cannot read, that switch escaping off, or that load others.

    Raises:
        ConfigError: file, line and what stands there.
        MissingExtra: Jinja is not installed.
    """
    if not templates:
        return
    try:
        from jinja2 import Environment, TemplateSyntaxError
    except ImportError as error:
        raise MissingExtra(
            "templates need Jinja, which is not installed", str(error),
            "pip install 'affidavit[build]'",
        ) from error  # fmt: skip
    environment, known = Environment(autoescape=True), all_sources(templates)
    for name, source in templates.items():
        try:
            tree = environment.parse(source, name, name)
            for line, what in _faults(tree, known):
                raise ConfigError(
                    f"{name}:{line}: {what}", fix="docs/branding.md has what can be used"
                )
        except TemplateSyntaxError as error:
            raise ConfigError(f"{name}:{error.lineno}: {error.message}") from error
        except RecursionError as error:
            raise ConfigError(f"{name}: nested too deep") from error


def place_of(text: str, templates: Mapping[str, str]) -> str:
    """`file:line: ` of the first template that holds a text; empty where none does."""
    for name, source in sorted(templates.items()):
        at = source.lower().find(text.lower())
        if at >= 0:
            return f"{name}:{source.count(chr(10), 0, at) + 1}: "
    return ""


def _faults(tree: nodes.Template, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.EvalContextModifier):
            yield node.lineno, "escaping cannot be switched off"
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield node.lineno, f"the filter {node.name!r} is not for templates of a card"
        elif isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport):
            yield from _load_faults(node, known)


def _load_faults(node: Any, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    from jinja2 import nodes

    asked = node.template
    if not (isinstance(asked, nodes.Const) and isinstance(asked.value, str)):
        yield node.lineno, "a template is loaded by a plain name in quotes"
    elif asked.value not in known:
        yield node.lineno, f"no template {asked.value!r} in the folder or among the shipped ones"
