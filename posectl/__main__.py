"""`python -m posectl`, and the console script."""

import signal
import sys


def main() -> None:
    try:
        from typer.completion import completion_init

        from posectl.cli.app import main as run

        completion_init()  # the shells' protocols, without typer's own --install-completion
        sys.exit(run())
    except KeyboardInterrupt:  # before a command could tell
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stderr.write("error: Interrupted; nothing was published.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
