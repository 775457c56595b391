"""``python -m connector``, and the console script. ``healthcheck`` goes its own way: it must be quick to start."""

import sys


def main() -> None:
    """Run the command that was typed."""
    if sys.argv[1:2] == ["healthcheck"]:
        from connector.commands.cli_healthcheck import main as alone  # noqa: PLC0415 - without all the others

        sys.argv[1:2] = []
        return alone()
    from connector.cli import main as every  # noqa: PLC0415 - see above

    return every()


if __name__ == "__main__":
    main()
