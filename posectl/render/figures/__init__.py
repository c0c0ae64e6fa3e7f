"""Figures for a paper, written as .png, .pdf or .svg: one function a figure, of labels and arrays."""

from posectl.render.figures.factors import (
    DistanceCurve,
    Panel,
    RetrievalCurve,
    distance_curves,
    error_curves,
    retrieval_curves,
)
from posectl.render.figures.manifold import Manifold, manifold
from posectl.render.figures.maps import maps
from posectl.render.figures.matrix import matrices
from posectl.render.figures.peaks import PeakCurve, peak_curves
from posectl.render.figures.sweeps import against_lambda
from posectl.render.figures.training import over_training, training_curves
from posectl.render.figures.transitions import path_transitions, transition_curves

__all__ = [
    "DistanceCurve",
    "Manifold",
    "Panel",
    "PeakCurve",
    "RetrievalCurve",
    "against_lambda",
    "distance_curves",
    "error_curves",
    "manifold",
    "maps",
    "matrices",
    "over_training",
    "path_transitions",
    "peak_curves",
    "retrieval_curves",
    "training_curves",
    "transition_curves",
]
