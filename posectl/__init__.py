"""posectl: train autoencoders whose latent space interpolates well, and measure exactly how well."""

from posectl.version import __version__ as __version__
