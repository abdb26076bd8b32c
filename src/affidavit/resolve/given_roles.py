"""Whether the roles that `--dataset` and `--include` name fit the configuration."""

from __future__ import annotations

from affidavit.config import Config, Dataset, Include
from affidavit.declared_record import INCLUDE, fact_id
from affidavit.errors import UsageError
from affidavit.evidence import Fact
from affidavit.printable import printable
from affidavit.sources import Sources
from affidavit.toml_reader import is_role


def take_given(config: Config, sources: Sources) -> tuple[Config, tuple[Fact, ...]]:
    """The configuration in force, with the roles that only the options name.

    Returns:
        The configuration, and a fact `data.<role>.include` for each such role.

    Raises:
        UsageError: a role that nobody describes, an `--include` that the configuration
            contradicts, or one without its data.
    """
    for name, include in sources.includes.items():
        _require_same(name, include, config)
        if name not in {*config.datasets, *config.protected_tables, *sources.datasets}:
            raise UsageError(
                f"--include {printable(name)}={include}: no such role",
                "affidavit.toml names none, and no --dataset gives one",
                f"add --dataset {printable(name)}=PATH, or one of: {_known(config)}",
            )
    added: dict[str, Include] = {}
    for name in sources.datasets:
        if name in {*config.datasets, *config.protected_tables}:
            continue
        if name not in sources.includes or not is_role(name):
            raise UsageError(
                f"--dataset {printable(name)}=…: affidavit.toml names no such role or table",
                f"it names {_known(config)}",
                f"take one of these; for one more role add --include {printable(name)}=embed or "
                "=reference",
            )
        added[name] = sources.includes[name]
    facts = tuple(
        Fact(
            id=fact_id(name, INCLUDE), kind="data", value=include, basis="declared",
            source="option --include",
        )
        for name, include in sorted(added.items())
    )  # fmt: skip
    new = {name: Dataset(include=include) for name, include in sorted(added.items())}
    datasets = {**config.datasets, **new}
    return (config.model_copy(update={"datasets": datasets}) if new else config), facts


def _require_same(name: str, include: Include, config: Config) -> None:
    if name in config.datasets:
        said = config.datasets[name].include
    elif name in config.protected_tables:
        said = "reference"
    else:
        return
    if said != include:
        raise UsageError(
            f"--include {printable(name)}={include}: it is {said}",
            f"[datasets.{printable(name)}] in affidavit.toml says so"
            if name in config.datasets
            else "a protected table never travels",
            "leave --include out, or change affidavit.toml and give it by --config",
        )


def _known(config: Config) -> str:
    return ", ".join(map(printable, (*sorted(config.datasets), *config.protected_tables)))
