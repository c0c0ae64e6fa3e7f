"""What is known of poses that are to be fitted, read from files and datasets."""
