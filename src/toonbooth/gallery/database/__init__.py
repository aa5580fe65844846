"""The gallery's rows: tables, transactions, and repositories that see one device only."""
