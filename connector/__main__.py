"""``python -m connector``, and the console script. ``healthcheck`` goes its own way: it must be quick to start."""

import sys

STOPPED = 130  # what a shell says of a command that Ctrl-C ended


def main() -> None:
    """Run the command that was typed. Ctrl-C may come while all is still being imported."""
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _run() -> None:
    if sys.argv[1:2] == ["healthcheck"]:
        from connector.commands.cli_healthcheck import main as alone  # noqa: PLC0415 - without all the others

        sys.argv[1:2] = []
        return alone()
    from connector.cli import main as every  # noqa: PLC0415 - see above

    return every()


if __name__ == "__main__":
    main()
