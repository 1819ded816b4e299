"""Command line of the engine: install it, show its environment, free a stack that a killed run left locked."""

import argparse
import os
import sys
from pathlib import Path

from engine.errors import EngineError
from engine.layout import Layout


def _install(options: argparse.Namespace) -> None:
    from engine.install import install  # noqa: PLC0415 - `env` shall start fast

    home = Path(options.home).absolute() if options.home else Layout().home
    layout = Layout(home=home)
    choice = install(layout)
    if options.language:
        from engine.languages import install_languages  # noqa: PLC0415 - most stacks need none

        install_languages(layout, options.language)
    kind = "embedded" if choice.embedded else "official"
    plugins = ", ".join(f"{name} ({origin})" for name, origin in choice.plugins.items())
    sys.stderr.write(f"engine: {kind} pulumi in {choice.cli_folder}; plugins: {plugins}\n")


def _env(_: argparse.Namespace) -> None:
    from engine.environment import export_lines  # noqa: PLC0415

    sys.stdout.write(export_lines(Layout()))


def _recover(options: argparse.Namespace) -> None:
    from engine.recover import recover  # noqa: PLC0415

    found = recover(
        Path(options.cwd).absolute(), options.stack, dict(os.environ), run_program=bool(options.run_program)
    )
    for line in found:
        sys.stderr.write(f"engine: {line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    commands = parser.add_subparsers(required=True)
    install = commands.add_parser("install", help="make the engine ready (idempotent)")
    install.add_argument("--home", help="PULUMI_HOME to use (default: .towpath/pulumi of the checkout)")
    install.add_argument(
        "--language",
        action="append",
        choices=["go", "nodejs", "yaml"],
        help="a language beside Python: programs in yaml; SDKs for go and nodejs (may be given more than once)",
    )
    install.set_defaults(run=_install)
    env = commands.add_parser("env", help="print `export` lines for the installed engine")
    env.set_defaults(run=_env)
    recover = commands.add_parser("recover", help="free a stack that a killed run left locked (file backends)")
    recover.add_argument("-s", "--stack", required=True)
    recover.add_argument("--cwd", default=".", help="the project's folder")
    recover.add_argument("--run-program", action="store_true", help="run the program in the refresh, if there is one")
    recover.set_defaults(run=_recover)
    return parser


def main() -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args()
    try:
        options.run(options)
    except EngineError as error:
        sys.stderr.write(f"engine: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
