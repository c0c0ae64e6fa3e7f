"""posectl: train autoencoders whose latent space interpolates well, and measure exactly how well."""

__version__ = "0.1.0"
