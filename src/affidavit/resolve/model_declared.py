"""What affidavit.toml declares of how the model is asked, and the adapter's file at the commit.

The adapter is code of the training commit, which is in the bundle: data/source/commit.pack. So that
a reader can tell which file it is, the fact names its path, and its digest is the one Git has.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from affidavit.config import Config
from affidavit.errors import ConfigError
from affidavit.evidence import Digest, Finding
from affidavit.model_declared import ADAPTER, adapter_fact, configured_facts, module_files
from affidavit.printable import printable
from affidavit.resolve.interface import Part
from affidavit.resolve.repository import Commit, Repository
from affidavit.tracked.git_tree import TreeFile


def collect_declared(config: Config, repository: Repository | None, commit: Commit | None) -> Part:
    """The declared facts; a gap where there is an adapter and no commit to take it from.

    Raises:
        ConfigError: the commit has no such module.
        SourceError: the repository cannot be read.
        Contradicted: an object's bytes are not those of its id.
    """
    facts, adapter = configured_facts(config), config.model.adapter
    if adapter is None:
        return Part(facts=facts)
    if repository is None or commit is None:
        return Part(facts=facts, findings=(_no_code(adapter),))
    file = _file_of(adapter, repository.listing(commit.sha).files, commit)
    digest = Digest(algorithm=repository.object_format, value=file.blob)
    found = adapter_fact(adapter, file.path, digest)
    return Part(facts=tuple(found if f.id == ADAPTER else f for f in facts))


def _file_of(adapter: str, files: Mapping[str, TreeFile], commit: Commit) -> TreeFile:
    candidates = module_files(adapter)
    for path in candidates:
        file = files.get(path)
        if file is not None and file.is_regular:
            return file
    module = adapter.partition(":")[0]
    near = get_close_matches(module, [_module(p) for p in files if p.endswith(".py")], n=1)
    hint = f"the nearest is {printable(near[0])}; " if near else ""
    raise ConfigError(
        f"affidavit.toml: [model] adapter: the commit {commit.sha[:12]} has no module {module}",
        f"it has none of {', '.join(candidates)}",
        f'{hint}correct [model] adapter, as in "prep.features:prepare"; its module has to be '
        "committed",
    )


def _module(path: str) -> str:
    """`prep.features` for src/prep/features.py."""
    below = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return below.replace("/", ".")


def _no_code(adapter: str) -> Finding:
    return Finding(
        id=ADAPTER, kind="gap", stage="resolve",
        what=f"the adapter {adapter} cannot be run: it is code of the training commit, which is "
        "not at hand",
        fix="give the repository with --repo; where the run names no commit, also --commit",
    )  # fmt: skip
