"""Which registry a tracking URI means, and what to say when it has no such version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from affidavit.errors import NoSuchVersion
from affidavit.resolve.interface import Registry
from affidavit.subject import ModelRef

_SHOWN = 20


def open_registry(tracking_uri: str) -> Registry:
    """REST for http(s); MLflow's own client, imported only then, for every other store.

    Raises:
        UsageError: a store that does not exist, or a URI that MLflow does not know.
        MissingExtra: MLflow, or the driver of its database, is not installed.
    """
    if urlsplit(tracking_uri).scheme in ("http", "https"):
        from affidavit.resolve.registry_rest import RestRegistry

        return RestRegistry(tracking_uri)
    from affidavit.resolve.registry_client import ClientRegistry

    return ClientRegistry(tracking_uri)


def no_such_version(
    ref: ModelRef,
    where: str,
    *,
    models: Iterable[str] | None = None,
    versions: Iterable[str] = (),
    aliases: Mapping[str, str] | None = None,
) -> NoSuchVersion:
    """The error for a model, version or alias that the registry does not have.

    Args:
        ref: what was asked for.
        where: the registry's address, without credentials.
        models: the names that exist, where the model itself does not.
        versions: those that the model has, where it exists.
        aliases: alias to version, likewise.
    """
    if models is not None:
        known = _some(sorted(models))
        return NoSuchVersion(
            f"{ref}: no such model",
            f"{where} has {'no model of that name' if known else 'no registered model at all'}",
            f"use one of: {known}" if known else "register it, or correct --tracking-uri",
        )
    have = _some(sorted(versions, key=lambda v: (len(v), v)))
    set_ones = _some(f"@{a} (version {v})" for a, v in sorted((aliases or {}).items()))
    if ref.alias is not None:
        return NoSuchVersion(
            f"{ref}: no such alias",
            f"models:/{ref.name} has {'other aliases' if set_ones else 'no alias'}",
            f"use one of: {set_ones or 'version ' + have}" if set_ones or have else "set one",
        )
    return NoSuchVersion(
        f"{ref}: no such version",
        f"models:/{ref.name} has {'other versions' if have else 'no version'}",
        f"use one of: {have}" + (f"; {set_ones}" if set_ones else "") if have else "register one",
    )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
