"""Where packages come from: what the user told pip or uv, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.recompute.environments.indexes import (
    pip_environment,
    places_digest,
    read_index_settings,
)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A user whose pip is configured in a file."""
    (tmp_path / "wheels").mkdir()
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://ada:s3cret@pypi.bank.example/simple\n"
        f"extra-index-url = file://{tmp_path}/wheels file:///not/there/simple https://b.example/s\n"
        f"find-links = {tmp_path}/wheels /not/there\ncert = /etc/bank.pem\n"
        "[install]\nproxy = http://proxy.bank.example:3128\n"
    )
    return {"PIP_CONFIG_FILE": str(config), "HOME": str(tmp_path), "PATH": "/usr/bin"}


def test_what_pip_was_told_is_handed_to_uv(env: dict[str, str], tmp_path: Path) -> None:
    found = read_index_settings(env)

    assert found == {
        "UV_DEFAULT_INDEX": "https://ada:s3cret@pypi.bank.example/simple",
        "UV_EXTRA_INDEX_URL": f"file://{tmp_path}/wheels https://b.example/s",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": f"{tmp_path}/wheels",
        "SSL_CERT_FILE": "/etc/bank.pem",
        "ALL_PROXY": "http://proxy.bank.example:3128",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin",
    }


def test_what_uv_was_told_counts_before_it(env: dict[str, str]) -> None:
    told = {
        "UV_INDEX_URL": "https://uv.example/s", "UV_INDEX": "bank=https://bank.example/s",
        "UV_INDEX_BANK_PASSWORD": "s3cret", "SSL_CERT_DIR": "/certs", "https_proxy": "http://p",
        "UV_CONFIG_FILE": "evil.toml", "UV_PROJECT": "x", "SECRET": "x", "PYTHONPATH": "x",
    }  # fmt: skip

    found = read_index_settings({**env, **told})

    assert {k: found[k] for k in told if k in found} == {k: told[k] for k in list(told)[:5]}
    assert "UV_DEFAULT_INDEX" not in found
    assert "UV_INDEX_STRATEGY" not in found
    assert "SSL_CERT_FILE" not in found


def test_pip_gets_the_same_places_and_no_configuration_file(env: dict[str, str]) -> None:
    settings = read_index_settings(env) | {"UV_INDEX": "bank=https://bank.example/s"}

    found = pip_environment(settings)

    assert found["PIP_INDEX_URL"] == "https://ada:s3cret@pypi.bank.example/simple"
    assert found["PIP_EXTRA_INDEX_URL"] == "https://bank.example/s"
    assert found["PIP_CERT"] == "/etc/bank.pem"
    assert found["PIP_CONFIG_FILE"] == "/dev/null"
    assert not [k for k in found if k.startswith("UV_")]


def test_a_user_who_forbids_any_index_is_obeyed(env: dict[str, str]) -> None:
    assert read_index_settings({**env, "PIP_NO_INDEX": "1"})["PIP_NO_INDEX"] == "1"
    assert "PIP_NO_INDEX" not in read_index_settings(env)


def test_with_a_wheelhouse_no_index_is_known_at_all(env: dict[str, str]) -> None:
    found = read_index_settings({**env, "UV_FIND_LINKS": "/x"}, asks_index=False)

    assert found == {"HOME": env["HOME"], "PATH": "/usr/bin"}


def test_the_digest_of_places_tells_indexes_apart_and_not_passwords() -> None:
    one = places_digest({"UV_DEFAULT_INDEX": "https://a:1@h/s"})

    assert one == places_digest({"UV_DEFAULT_INDEX": "https://b:2@h/s"})
    assert one != places_digest({"UV_DEFAULT_INDEX": "https://h/t"})
