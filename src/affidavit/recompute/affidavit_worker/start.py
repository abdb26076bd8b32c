"""Run by path in a bare interpreter: takes the worker from its own folder, and nothing else."""

import importlib
import sys

sys.path.insert(0, __file__.rpartition("/")[0].rpartition("/")[0])
worker = importlib.import_module("affidavit_worker.main")
first = importlib.import_module("affidavit_worker.first")
del sys.path[0]  # before the model can be loaded: this folder is not for it to import from
first.stand_before()
worker.main()
