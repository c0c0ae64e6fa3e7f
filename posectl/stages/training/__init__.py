"""Training: settings, replicas, stacks of them, and where stacks are trained."""
