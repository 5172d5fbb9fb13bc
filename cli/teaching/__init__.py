"""`framelift train`, `evaluate`, `infer` and `export`: from photographs to a model (needs the `train` extra)."""

from .evaluate import evaluate
from .export import export
from .infer import infer
from .train import train

__all__ = ["evaluate", "export", "infer", "train"]
