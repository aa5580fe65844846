"""The backend of cartoon-avatar apps."""
