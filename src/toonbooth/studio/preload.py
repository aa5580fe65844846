"""What every worker needs, imported once by the fork server. Never imported by the service's own process."""

import os

# Before numpy is imported, or its BLAS starts a thread per core in every worker.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from toonbooth.kit.loading import nothing_collected

with nothing_collected():
    import toonbooth.studio.pipeline  # noqa: F401
