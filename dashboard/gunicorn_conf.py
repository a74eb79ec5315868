"""How gunicorn serves: every name here that is a setting of gunicorn is taken (`dashboard/serving.py`); what depends on the machine is worked out below."""

import os
from pathlib import Path

worker_class = "dashboard.patient.PatientWorker"
threads = 24  # most of them wait, each for a page that one of them makes; pulses and health have threads of their own
worker_connections = 1000  # more of them wait at the door of the machine
backlog = 512
keepalive = 75  # longer than a proxy keeps its connections, so that it never sends into one that just closed
timeout = 120  # a worker that said nothing for so long is replaced
graceful_timeout = 30  # what is under way may end within it
max_requests = 0  # workers are not recycled: their memory was measured to stand still (docs/BENCHMARKS.md)
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # nosec B108 # signs of life, on no disk
sendfile = False  # what is sent has a time limit (`patient.py`)
limit_request_line = 8190  # an address may list every district of a province
limit_request_fields = 60
control_socket_disable = True
loglevel = "warning"
errorlog = "-"
# Proxies are believed by `dashboard/behind.py` alone, by the rules of FANGYI_PROXY.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

WORKER_MB = 900  # of one worker with the state of a city of 7,000 compounds (docs/BENCHMARKS.md)
RUNNER_MB = 1_100  # of the runner of jobs, while it prints


def workers_for(cores: int, memory_mb: float) -> int:
    """Return how many workers a machine bears: one a core, as many as its memory holds beside the runner, at least one."""
    return max(1, min(cores, int((memory_mb - RUNNER_MB) // WORKER_MB)))


def workers_here() -> int:
    """Return how many workers this machine bears; where the memory is not known, one a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
    except OSError:
        return cores
    return workers_for(cores, next(int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable")))
