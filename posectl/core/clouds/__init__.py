"""Distances of point clouds (..., P, 3), whose points have no order: by nearest points, and by the best matching."""
