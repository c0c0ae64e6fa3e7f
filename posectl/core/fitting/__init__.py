"""Poses that a model holds likely under what is known of them: completion, denoising, inverse kinematics, lifting."""
