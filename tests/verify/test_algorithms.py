"""Which kinds of key count: `algorithms` in trust.toml."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pki import Pki
from tests.verify.test_trust import signer, write_trust
from tests.verify.test_windows import NOW

from affidavit.bundle.public_key import KeyKind
from affidavit.cli.trust_lines import trust_json, trust_lines
from affidavit.errors import ConfigError
from affidavit.seal import Access, open_signer
from affidavit.verify import join, read_keys, read_trust, verify_bundle
from affidavit.verify.trust import ALGORITHMS


def test_the_names_are_those_of_the_keys() -> None:
    assert set(ALGORITHMS) == {*get_args(KeyKind), "rsa"}


def test_a_seal_by_a_kind_left_out_counts_for_nothing(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    path = tmp_path / "trust.toml"
    for kinds, code in (('["ed25519"]', 0), ('["ml-dsa-65", "ed25519"]', 0), ('["ml-dsa-65"]', 1)):
        write_trust(tmp_path, "version = 1", f"algorithms = {kinds}", *signer(sealed, "sealer"))
        verdict = verify_bundle(sealed.path, trust=read_trust(path))
        assert verdict.exit_code == code, kinds

    assert [c.id for c in verdict.failed] == ["signer"]
    assert "of the kind ed25519" in verdict["signer"].what
    assert "`algorithms`" in verdict["signer"].what


def test_a_certificates_key_is_held_against_it_too(tmp_path: Path) -> None:
    pki, built = Pki.make(), BundleBuilder(tmp_path / "b", is_signed=False)
    uri = pki.write(tmp_path, pki.release())
    built.seal_to(tmp_path / "sealed.zip", open_signer(uri, Access()))
    lines = pki.trust_lines(tmp_path)
    path = tmp_path / "trust.toml"

    for kinds, code in ((ALGORITHMS, 0), (("rsa", "ml-dsa-65"), 1)):
        path.write_text("\n".join([lines[0], f"algorithms = {list(kinds)}", *lines[1:]]))
        assert verify_bundle(tmp_path / "sealed.zip", trust=read_trust(path)).exit_code == code


def test_a_key_given_by_file_is_held_against_it_too(sealed: BundleBuilder, tmp_path: Path) -> None:
    own = BundleBuilder(tmp_path / "own", kind="ml-dsa-65")
    path = write_trust(
        tmp_path, "version = 1", 'algorithms = ["ml-dsa-65"]', *signer(own, "sealer")
    )
    by_file = read_keys((sealed.public_key,))

    assert verify_bundle(sealed.path, trust=by_file).exit_code == 0
    assert verify_bundle(sealed.path, trust=join((by_file, read_trust(path)))).exit_code == 1
    assert verify_bundle(own.path, trust=join((by_file, read_trust(path)))).exit_code == 0


@pytest.mark.parametrize("given", ['"ed25519"', "[]", '["md5"]', "[1]", '[["p256"]]', '["RSA"]'])
def test_an_algorithm_that_is_none_is_refused(
    given: str, sealed: BundleBuilder, tmp_path: Path
) -> None:
    path = write_trust(tmp_path, "version = 1", f"algorithms = {given}", *signer(sealed, "sealer"))

    with pytest.raises(ConfigError, match="algorithms: expected some of ed25519, p256"):
        read_trust(path)


def test_what_is_left_out_is_shown(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = write_trust(
        tmp_path, "version = 1", 'algorithms = ["ed25519"]', *signer(sealed, "sealer")
    )
    trust = read_trust(path)

    assert "keys of the kinds ed25519 alone" in "\n".join(trust_lines(trust, NOW))
    assert trust_json(trust, NOW)["algorithms"] == ["ed25519"]
