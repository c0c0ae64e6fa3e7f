"""Pictures from files: their layouts, and their conversion to (N, C, H, W) float32 in [-1, 1]."""
