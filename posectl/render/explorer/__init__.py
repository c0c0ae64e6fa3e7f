"""The explorer: a page in which a latent space is played, put together from hand-written modules into one file."""
