"""Signing without a key to keep: a Sigstore gives a certificate for ten minutes, and logs its use.

    sigstore:?trust-config=FILE     a private one, by its ClientTrustConfig
    sigstore:                       with --sigstore-trust-config FILE, or the public one
                                    with --public-log

`token-file=FILE` names a file with the identity token; else `identity_tokens` says where it comes
from. The public log is asked for in so many words, since what it publishes stays for ever.

References:
    sigstore_trustroot.proto, ClientTrustConfig (trusted root, and the addresses of the services).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from affidavit.bundle.canonical import dumps, loads
from affidavit.bundle.certificate import Certificate, read_certificate
from affidavit.bundle.keyless import MAX_ROOT_BYTES, prove, quiet, require_root
from affidavit.bundle.material import read_material
from affidavit.bundle.statement import PAYLOAD_TYPE, pae, parse_signed, wrap
from affidavit.errors import AffidavitError, ConfigError, KeyProblem, Unreachable, UsageError
from affidavit.seal.address import Address
from affidavit.seal.identity_tokens import fetch_token
from affidavit.seal.interface import Access

if TYPE_CHECKING:
    from requests import Session
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import Signer, SigningContext

PUBLISHES: Final = (
    "the public log keeps for ever, for everybody: who signs (your address, or repository, "
    "workflow and commit), when, and the digest of what is signed; of the bundle nothing else"
)
TRUST_CONFIG: Final = "trust-config"
TOKEN_FILE: Final = "token-file"  # noqa: S105 - the name of a parameter
TIMEOUT_S: Final = 30.0
_LEAST_LEFT: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A Sigstore to sign with.

    Attributes:
        name: for people: its configuration's file, or `the public Sigstore`.
        config: where its services are, and their roots.
        root: the same roots, as a trusted_root.json.
    """

    name: str
    config: ClientTrustConfig
    root: bytes


class KeylessSigner:
    """Signs with a fresh key, as the identity that a token states."""

    def __init__(self, instance: Instance, token: Callable[[], IdentityToken]) -> None:
        self._instance = instance
        self._fetch = token
        with _border(instance.name):
            self._context = _patient(instance.config)
        self._token = token()
        self._signer, self._certificate = self._certified()

    def sign(self, payload: bytes) -> bytes:
        from sigstore.dsse import Statement

        if self._certificate.valid_until - datetime.now(UTC) < _LEAST_LEFT:
            self._token = self._fetch()  # a long build: of CI, a token can be had again
            self._signer, self._certificate = self._certified()
        with _border(self._instance.name):
            made = json.loads(self._signer.sign_dsse(Statement(payload)).to_json())
        return _in_one_form(made)

    def describe(self) -> str:
        return f"{self._instance.name}, as {', '.join(self._certificate.names) or 'nobody'}"

    def fingerprint(self) -> str:
        """Its key is another each time: what a recipient compares is who vouches for the name."""
        name = ", ".join(self._certificate.names) or "nobody"
        return f"{name} by {self._certificate.vouched_by}"

    def made(self, content: bytes, name: str) -> bool:
        signed = parse_signed(content, name)
        if signed.material.certificate is None or signed.material.log_entry is None:
            return False
        found = read_certificate(signed.material.certificate, name)
        mine = (self._certificate.names, self._certificate.vouched_by)
        message = pae(PAYLOAD_TYPE, signed.payload)
        if (found.names, found.vouched_by) != mine or not found.key.holds(
            signed.signature, message, is_logged=True
        ):
            return False
        proof = prove(signed, found, self._instance.root, now=datetime.now(UTC))
        return proof.time is not None

    def _certified(self) -> tuple[Signer, Certificate]:
        """A signer, and the certificate that it was given: refused now, not after a long build."""
        from cryptography.hazmat.primitives.serialization import Encoding

        with _border(self._instance.name), self._context.signer(self._token) as signer:
            given = signer._signing_cert()  # noqa: SLF001 - it has no other way to show it
            der = given.public_bytes(Encoding.DER)
        return signer, read_certificate(der, f"the certificate by {self._instance.name}")


def open_signer(address: Address, access: Access) -> KeylessSigner:
    """The signer that an address and the options name; it has its certificate.

    Raises:
        UsageError: neither a configuration nor the public log was asked for, or both.
        ConfigError: a file that is no trust configuration.
        KeyProblem: no identity token, one that has expired, or an identity that is denied.
        Unreachable: a service that does not answer.
    """
    address.require_parameters(TRUST_CONFIG, TOKEN_FILE)
    if address.place:
        raise UsageError(
            f"{address.uri}: nothing stands after sigstore:",
            fix="write sigstore:?trust-config=FILE, or sigstore: with --public-log",
        )
    given = address.parameters.get(TRUST_CONFIG)
    file = Path(given) if given else access.trust_config
    _require_one(file, is_public=access.public_log)
    quiet()
    instance = _public() if file is None else read_instance(file)
    token_file = address.parameters.get(TOKEN_FILE)
    provider = _provider(instance.config)
    return KeylessSigner(
        instance, lambda: fetch_token(Path(token_file) if token_file else None, access, provider)
    )


def read_instance(path: Path) -> Instance:
    """A Sigstore by the file of its ClientTrustConfig.

    Raises:
        ConfigError: none, or one that names no authority or log that counts today.
    """
    from sigstore.models import ClientTrustConfig

    try:
        with path.open("rb") as file:
            content = file.read(2 * MAX_ROOT_BYTES)
        root = json.dumps(json.loads(content)["trustedRoot"]).encode()
        require_root(root, str(path))
        config = ClientTrustConfig.from_json(content.decode())
        config.signing_config.get_fulcio()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", error.strerror or str(error)) from error
    except _answers() as error:
        raise ConfigError(
            f"{path}: no trust configuration of a Sigstore", type(error).__name__,
            "ask who runs it for its ClientTrustConfig",
        ) from error  # fmt: skip
    return Instance(name=f"Sigstore of {path}", config=config, root=root)


def _require_one(file: Path | None, *, is_public: bool) -> None:
    if file is not None and is_public:
        raise UsageError("--public-log and a trust configuration exclude each other")
    if file is None and not is_public:
        raise UsageError(
            "sigstore: no private instance is named, and the public log was not asked for",
            PUBLISHES,
            "--sigstore-trust-config FILE for a private one; --public-log if that may be published",
        )


def _public() -> Instance:
    from sigstore.models import ClientTrustConfig

    name = "the public Sigstore"
    with _border(name):
        config = ClientTrustConfig.production()
        root = config.trusted_root._inner.to_json().encode()  # noqa: SLF001 - it has no other
    return Instance(name=name, config=config, root=root)


def _provider(config: ClientTrustConfig) -> str | None:
    from sigstore.errors import Error

    try:
        return config.signing_config.get_oidc_url()
    except Error:
        return None


def _in_one_form(made: dict[str, Any]) -> bytes:
    """What the library wrote, as a signed statement is written here."""
    envelope, given = made["dsseEnvelope"], made["verificationMaterial"]
    fields = {k: v for k, v in _without_nothing(given).items() if k != "timestampVerificationData"}
    if (stamps := given.get("timestampVerificationData") or {}).get("rfc3161Timestamps"):
        fields["timestampVerificationData"] = stamps
    raw = {**made, "verificationMaterial": fields}
    material = read_material(loads(dumps(raw), "it")["verificationMaterial"], "it")  # type: ignore[index, call-overload]
    from base64 import b64decode

    payload, signature = envelope["payload"], envelope["signatures"][0]["sig"]
    return wrap(b64decode(payload), b64decode(signature), material)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nothing(v) for k, v in value.items() if v is not None}
    return [_without_nothing(v) for v in value] if isinstance(value, list) else value


def _patient(config: ClientTrustConfig) -> SigningContext:
    """The library's clients wait for ever: here each request has an end."""
    from requests.adapters import HTTPAdapter
    from sigstore.sign import SigningContext

    class Patient(HTTPAdapter):
        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            options["timeout"] = options.get("timeout") or TIMEOUT_S
            return super().send(request, *args, **options)

    context = SigningContext.from_trust_config(config)
    sessions: tuple[Session, ...] = (context._fulcio.session, context._rekor._session)  # type: ignore[attr-defined] # noqa: SLF001
    for session in sessions:
        for scheme in ("http://", "https://"):
            session.mount(scheme, Patient())
    return context


@contextmanager
def _border(name: str) -> Iterator[None]:
    """Whatever the library, its services or the network raise, as one error that names its part."""
    from requests import RequestException
    from sigstore._internal.fulcio import ExpiredCertificate
    from sigstore._internal.fulcio.client import FulcioClientError
    from sigstore._internal.rekor import RekorClientError
    from sigstore.errors import VerificationError
    from sigstore.oidc import ExpiredIdentity

    try:
        yield
    except AffidavitError:
        raise
    except (ExpiredIdentity, ExpiredCertificate) as error:
        raise KeyProblem(
            f"{name}: the identity token has expired", "it counts for minutes only",
            "get a new one, and sign again",
        ) from error  # fmt: skip
    except FulcioClientError as error:
        raise _denied(name, error) from error
    except RekorClientError as error:
        raise Unreachable(
            f"{name}: the log did not take the signature in", _first(error), "try again later"
        ) from error
    except RequestException as error:
        where = error.request.url if error.request is not None else None
        raise Unreachable(
            f"{name}: {where or 'a service'} does not answer", type(error).__name__,
            "check that it runs, and that its address in the trust configuration is right",
        ) from error  # fmt: skip
    except VerificationError as error:
        raise AffidavitError(
            f"{name} gave a certificate that does not hold", _first(error), "tell who runs it"
        ) from error
    except _answers() as error:
        raise Unreachable(
            f"{name} answered with something else", type(error).__name__, "tell who runs it"
        ) from error


def _denied(name: str, error: Exception) -> AffidavitError:
    """No certificate: by an authority that is out of order, or that does not take the identity."""
    answer = getattr(error.__cause__, "response", None)
    status = getattr(answer, "status_code", None)
    if status is None or status >= 500:
        return Unreachable(
            f"{name}: the authority gave no certificate", f"HTTP {status}" if status else "",
            "try again later",
        )  # fmt: skip
    return KeyProblem(
        f"{name}: the authority denies this identity a certificate", f"HTTP {status}",
        "ask who runs it which identity providers and identities it takes",
    )  # fmt: skip


def _first(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200]


def _answers() -> tuple[type[Exception], ...]:
    """What the library raises over an answer or a file that is not what it expects."""
    from sigstore.errors import Error

    return (
        Error, ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError,
    )  # fmt: skip
