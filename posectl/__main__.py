"""`python -m posectl`, and the console script."""

import sys


def main() -> None:
    from typer.completion import completion_init

    from posectl.cli.app import main as run

    completion_init()  # the shells' protocols, without typer's own --install-completion
    sys.exit(run())


if __name__ == "__main__":
    main()
