"""Tasks and what does them: this process, several, or Dask's workers on whatever hosts."""
