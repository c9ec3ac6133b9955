"""``python -m evergrove`` is the command line."""

from evergrove.cli import main

if __name__ == "__main__":
    main()
