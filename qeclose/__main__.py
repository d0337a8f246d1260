"""``python -m qeclose``."""

from qeclose.cli import main

if __name__ == "__main__":
    main()
