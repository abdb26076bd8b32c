"""Signers, and what turns a folder of evidence into a signed bundle."""

from affidavit.seal.existing import require_room
from affidavit.seal.interface import Signer
from affidavit.seal.keys import load_signer
from affidavit.seal.sealing import Sealed, seal

__all__ = ["Sealed", "Signer", "load_signer", "require_room", "seal"]
