"""A third explainer, for tests: what a plug-in brings to its environment, which is numpy alone."""
