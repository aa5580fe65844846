"""What both services need and what knows nothing of photos: errors, error replies, logs, settings."""
