"""Explainers of other libraries, each in a locked environment and a process of its own."""
