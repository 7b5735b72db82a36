"""``python -m planfit`` is the command ``planfit``."""

from planfit.cli.main import main

if __name__ == "__main__":
    main()
