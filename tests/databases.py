"""Real databases for tests: SQLite in a file, and a PostgreSQL server of one's own where Debian's package is installed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from layers.store import Store, open_store

ENGINES = ("sqlite", "postgresql")
# A test's server is thrown away: nothing of it has to survive the machine.
HASTE = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=60", "shared_buffers=64MB")
BOUND = ("setpriv", "--pdeathsig=QUIT")  # QUIT is the quickest way for a server to end
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, None where there are none."""
    found = shutil.which("initdb")
    return (
        Path(found).resolve().parent
        if found
        else next((place for place in PLACES if (place / "initdb").exists()), None)
    )


@dataclass
class Cluster:
    """A PostgreSQL server in a folder of its own, reached by a socket in it.

    PostgreSQL refuses to run as root: then it runs as the account that its package made. It ends with the process that began it,
    however that one ends.
    """

    bin_: Path
    folder: Path
    port: int = field(default_factory=lambda: _free_port())
    drop: tuple[str, ...] = ()
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        """The URL of its databases, with {name} for the name."""
        return f"postgresql+psycopg://keeper@/{{name}}?host={self.folder}&port={self.port}"

    def make(self) -> None:
        """Make its files."""
        own: tuple[str, ...] = ()
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.drop = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
            own = ("setpriv", *self.drop, "--")
        _run(*own, self.bin_ / "initdb", "-D", self.folder / "data", "-U", "keeper", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for one in HASTE for part in ("-c", one)]
        command = [*BOUND, *self.drop, self.bin_ / "postgres", "-D", self.folder / "data", "-p", self.port, "-k", self.folder, *options]  # fmt: skip
        with (self.folder / "log").open("a") as log:
            self.running = subprocess.Popen(list(map(str, command)), cwd="/", stderr=log)
        _await(f"host={self.folder} port={self.port} user=keeper dbname=postgres", self.folder / "log")

    def stop(self) -> None:
        """Stop it at once, as `pg_ctl stop -m immediate` does: nothing is finished, what was committed is read from the log at the next start."""
        if self.running:
            self.running.send_signal(signal.SIGQUIT)
            self.running.wait()
            self.running = None


@contextmanager
def cluster(bin_: Path) -> Iterator[Cluster]:
    """Run a server in a temporary folder; stop and forget it afterwards."""
    with tempfile.TemporaryDirectory(prefix="fangyi-pg-") as name:
        found = Cluster(bin_, Path(name))
        found.make()
        try:
            found.start()
            yield found
        finally:
            found.stop()


@contextmanager
def server(bin_: Path) -> Iterator[str]:
    """Run a server that nobody stops meanwhile, and yield its address."""
    with cluster(bin_) as found:
        yield found.address


def database(address: str, name: str, template: str = "template0") -> str:
    """Make a database on a server, empty or like another one, and return its URL."""
    return made(address.format(name=name), template)


def made(url: str, template: str = "template0") -> str:
    """Make the database of a URL, empty or like another one, and return the URL; a file comes by itself."""
    if not url.startswith("sqlite"):
        server = make_url(url).set(drivername="postgresql", database="postgres")
        with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{make_url(url).database}" TEMPLATE "{template}"')
    return url


def with_postgis(address: str, name: str) -> str | None:
    """Make a database that holds PostGIS and nothing else, and return its URL; None where the extension is not installed."""
    url = database(address, name)
    with psycopg.connect(address.format(name=name).replace("+psycopg", ""), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_available_extensions WHERE name = 'postgis'").fetchone() is None:
            return None
        connection.execute("CREATE EXTENSION postgis")
    return url


def opened(url: str, folder: Path, kind: str | None = None) -> Store:
    """Open a store of either engine; its keys lie in a folder."""
    return open_store(url, kind, keys=folder / "keys")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _await(query: str, log: Path) -> None:
    """Wait until a server answers; after half a minute say what it wrote."""
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(query).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > until:
                raise RuntimeError(f"the server does not answer: {log.read_text()[-2000:]}") from error
            time.sleep(0.1)


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
