"""The golden vectors of vectors.json, played to the component in the plugin host of the engine.

`cordboard` is on the PATH, or CORDBOARD_PROGRAM names it.
"""

from pathlib import Path

from cordboard_plugin.testing import golden_vectors

GoldenVectors = golden_vectors(Path(__file__).parents[1])
