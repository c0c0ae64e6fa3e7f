"""What a report holds: models and settings, scores, figures, paths, samples, and how to make them again."""
