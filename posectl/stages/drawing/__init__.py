"""Drawing: the content of pictures and figures, read from artifacts and files."""
