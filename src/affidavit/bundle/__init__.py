"""The bundle format and nothing else: names, manifests, canonical JSON, statements, the archive."""
