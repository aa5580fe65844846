"""The gallery's endpoints: requests in, operations called, JSON and files out."""
