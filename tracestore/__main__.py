"""Run `python -m tracestore` where the console script is not on the path."""

from tracestore.cli import main

if __name__ == "__main__":
    main(prog_name="tracestore")
