"""Everybody from training to approval, each with a key, and the links that they sign."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

from tests.support.bundles import BundleBuilder

from affidavit.bundle.links import STEPS
from affidavit.release.layouts import Plan, write_layout, write_link
from affidavit.seal.keys import KeyKind, LocalSigner, generate_key, load_signer


class Chain:
    """A layout with two approvers out of three, and every link in `links`."""

    def __init__(self, folder: Path, made: BundleBuilder, kind: KeyKind = "ed25519") -> None:
        self.folder, self.made = folder, made
        self.people = {
            name: self.person(name, kind)
            for name in ("owner", "tom", "build", "ada", "ben", "cid", "eve")
        }
        self.layout, self.links = folder / "root.layout", folder / "links"
        self.owner = folder / "owner.pub"
        self.links.mkdir()
        self.write_layout(self.layout)
        for step, name in zip(STEPS, ("tom", "tom", "build", "build", "ada"), strict=True):
            self.link(step, name)
        self.link("approve", "ben")

    def copy(self, folder: Path) -> Chain:
        """The same people; a layout and links of its own, to be changed."""
        found = copy.copy(self)
        found.layout, found.links = folder / "root.layout", folder / "links"
        shutil.copy2(self.layout, found.layout)
        shutil.copytree(self.links, found.links)
        return found

    def person(self, name: str, kind: KeyKind) -> LocalSigner:
        private = self.folder / f"{name}.pem"
        generate_key(kind, private, private.with_suffix(".pub"), None)
        return load_signer(private)

    def write_layout(
        self, path: Path, *, owner: str = "owner", expires: str = "2099-12-31",
        approvers: tuple[str, ...] = ("ada", "ben", "cid"), threshold: int = 2,
    ) -> None:  # fmt: skip
        tom, build = (self.people["tom"].public,), (self.people["build"].public,)
        people = {
            "train": tom, "register": tom, "recompute": build, "seal": build,
            "approve": tuple(self.people[a].public for a in approvers),
        }  # fmt: skip
        plan = Plan(people=people, threshold=threshold, expires=expires)
        write_layout(path, plan, self.people[owner])

    def link(self, step: str, name: str, made: BundleBuilder | None = None) -> Path:
        bundle = (made or self.made).path
        return write_link(bundle, step, self.links, self.people[name], None)

    def of(self, step: str) -> list[Path]:
        return sorted(self.links.glob(f"{step}.*.link"))
