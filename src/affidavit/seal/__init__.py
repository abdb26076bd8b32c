"""Signers, and what turns a folder of evidence into a signed bundle."""

from affidavit.seal.choosing import local_path, open_signer
from affidavit.seal.existing import require_room
from affidavit.seal.interface import Access, Signer
from affidavit.seal.keys import load_signer
from affidavit.seal.model_signing import require_model_signer
from affidavit.seal.read_back import sign_and_check
from affidavit.seal.sealing import Sealed, seal

__all__ = [
    "Access", "Sealed", "Signer", "load_signer", "local_path", "open_signer",
    "require_model_signer", "require_room", "seal", "sign_and_check",
]  # fmt: skip
