"""The studio on a Ray Serve cluster: one application, as many replicas of it as there is work for.

A replica is a whole studio: the same application, its own worker processes, its own line. Ray starts them,
spreads requests over them and takes their addresses away when they stop. Only `replica` and `running` import
Ray, which is an extra.
"""
