"""Exact attributions, from the parameters of the model itself.

Imported after the model was loaded, and only when asked for: unlike its neighbours it needs numpy.
"""
