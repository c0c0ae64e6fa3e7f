"""`python -m posectl`, and the console script."""


def main() -> None:
    from posectl.cli.app import app

    app()


if __name__ == "__main__":
    main()
