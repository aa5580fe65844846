"""`python -m toonbooth` is the command `toonbooth`."""

from toonbooth.cli import main

if __name__ == "__main__":
    main()
