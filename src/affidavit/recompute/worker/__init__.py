"""The parent's side of the worker: how it is started, asked and believed."""
