"""Training: settings, replicas, and stacks of them."""
