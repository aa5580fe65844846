"""The page in a real browser, against really running services."""
