"""`python -m towpath`: a small command line for people."""

from towpath.cli.app import main

if __name__ == "__main__":
    main()
