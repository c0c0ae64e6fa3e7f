"""What the explorer's page holds of models and their data."""
