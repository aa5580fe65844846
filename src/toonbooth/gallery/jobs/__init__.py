"""Uploads and regenerations that go on while their client does something else.

There is no queue here: the process that took a job does it, in a task of its own. What it does stands in the
database, so that any process can answer for it.
"""
