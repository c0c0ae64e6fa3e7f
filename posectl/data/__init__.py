"""What a sample is and where it comes from: readers, generators, skeletons. Arrays out; no store, no torch."""
