"""What the evidence shows for each control of a catalog; never that a requirement is met."""

from affidavit.assess.assessing import assess

__all__ = ["assess"]
