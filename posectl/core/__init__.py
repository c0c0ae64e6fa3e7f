"""The shared, device-aware core: tensors in, tensors out, no files."""
