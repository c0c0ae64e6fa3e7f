"""Training: settings, replicas, stacks of them, and the engines that train stacks."""
