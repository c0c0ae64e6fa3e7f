"""`python -m posectl`, and the console script."""


def main() -> None:
    from typer.completion import completion_init

    from posectl.cli.app import app

    completion_init()  # the shells' protocols, without typer's own --install-completion
    app(prog_name="posectl")


if __name__ == "__main__":
    main()
