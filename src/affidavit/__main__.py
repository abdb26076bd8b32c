"""`python -m affidavit`: the same as the command."""

from affidavit.cli.main import main

if __name__ == "__main__":
    main()
