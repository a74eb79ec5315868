"""What a job can ask for, by name: each function gets desk, owner, what it is about, whom to tell of its progress, and when to stop."""

from dashboard import downloads, importing, prints
from dashboard.briefing import press
from dashboard.runner import Task

TASKS: dict[str, Task] = {**downloads.TASKS, **prints.TASKS, **importing.TASKS, **press.TASKS}
