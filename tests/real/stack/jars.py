"""The jars of Kafka, of the Apicurio registry and of a Java producer, fetched once by Maven into ``.cache``.

Who comes while another process fetches waits for it. All of them at once: ``python3 -m tests.real.stack.jars``.
"""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(__file__).parents[3] / ".cache"
REGISTRY = "io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all"


def missing_tools() -> str | None:
    """Why the real stack cannot be had here, None when it can."""
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    return f"{' and '.join(absent)} not found: install Java 17 or newer, and Maven" if absent else None


def kafka() -> Path:
    """Return the folder of Kafka's jars; fetch them the first time (43 MB)."""
    return _dependencies("kafka", Path(__file__).with_name("kafka-pom.xml"))


def producer() -> Path:
    """Return the folder of what a Java producer needs, the Kafka client and Avro; fetch it the first time (18 MB)."""
    return _dependencies("producer", Path(__file__).parents[1] / "java" / "pom.xml")


def registry() -> Path:
    """Return the registry's folder; fetch it the first time (142 MB)."""
    home = CACHE / "registry"
    with _alone():
        if not (home / ".complete").exists():
            _say("fetching the schema registry")
            _maven("dependency:copy", f"-Dartifact={REGISTRY}", f"-DoutputDirectory={home}")
            archive = next(home.glob("*.tar.gz"))
            with tarfile.open(archive) as tar:
                tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.2, Debian's, has none
                tar.extractall(home)  # noqa: S202 - Maven knows its checksum
            archive.unlink()
            (home / ".complete").touch()
    return next(path.parent for path in home.rglob("*-runner.jar"))


def missing_compiler() -> str | None:
    """Why a Java source cannot be run here, None when it can."""
    absent = [tool for tool in ("javac", "mvn") if shutil.which(tool) is None]
    return (
        f"{' and '.join(absent)} not found: the Java example needs a JDK, not only a runtime, and Maven"
        if absent
        else None
    )


def _dependencies(name: str, pom: Path) -> Path:
    lib = CACHE / name
    with _alone():
        if not (lib / ".complete").exists():
            _say(f"fetching the jars of {name}")
            _maven("-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={lib}", "-DincludeScope=runtime")
            (lib / ".complete").touch()
    return lib


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other process is inside: Maven's own store wants that too. The system lets go of it when its holder dies."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / ".fetching").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _maven(*arguments: str) -> None:
    subprocess.run(["mvn", "-q", "-B", *arguments], check=True, stdin=subprocess.DEVNULL)


def _say(what: str) -> None:
    sys.stderr.write(f"== {what}, once\n")


if __name__ == "__main__":
    kafka(), registry(), producer()
