"""Printing rows for people and for programs."""

import csv
import datetime as dt
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from towpath.images.listing import ImageRow, UsageRow
from towpath.images.snapshot import Failure

_WIDE = 1000
_SHOWN_FAILURES = 20
_DIGEST_CHARACTERS = 19
_RIGHT = frozenset({"Size", "Unique", "Shared", "Tags", "Images"})


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PLAIN = "plain"


def print_images(registry: str, rows: Sequence[ImageRow], how: Format) -> None:
    """Print one row a tag; plain is `host:port/name:tag`, as the by-hand script did it."""
    if how is Format.PLAIN:
        _lines(f"{registry}/{row.repository}:{row.tag}" for row in rows)
    elif how is Format.TABLE:
        columns = ("Repository", "Tag", "Digest", "Platforms", "Created", "Size", "Unique", "Shared")
        _table(columns, (_image_cells(row) for row in rows))
    else:
        _data({"registry": registry}, "images", [asdict(row) for row in rows], how)


def print_usage(registry: str, rows: Sequence[UsageRow], total_bytes: int, how: Format) -> None:
    """Print one row a repository, and what the whole registry holds; plain is `bytes name`, as `du` prints it."""
    if how is Format.PLAIN:
        _lines(f"{row.size_bytes}\t{row.repository}" for row in rows)
    elif how is Format.TABLE:
        cells = (
            (
                r.repository,
                str(r.tags),
                str(r.images),
                decimal(r.size_bytes),
                decimal(r.unique_bytes),
                decimal(r.shared_bytes),
            )
            for r in rows
        )
        _table(("Repository", "Tags", "Images", "Size", "Unique", "Shared"), cells)
        _lines([f"{decimal(total_bytes)} in all, shared layers counted once"])
    else:
        _data({"registry": registry, "total_bytes": total_bytes}, "repositories", [asdict(row) for row in rows], how)


def print_failures(failures: Sequence[Failure]) -> bool:
    """Say on stderr what could not be read; return whether any of it may still be there."""
    for failure in failures[:_SHOWN_FAILURES]:
        sys.stderr.write(f"towpath: not read: {failure.message}\n")
    if len(failures) > _SHOWN_FAILURES:
        sys.stderr.write(f"towpath: and {len(failures) - _SHOWN_FAILURES} more that could not be read\n")
    return any(not failure.gone for failure in failures)


def _image_cells(row: ImageRow) -> tuple[str, ...]:
    return (
        row.repository,
        row.tag,
        row.digest[:_DIGEST_CHARACTERS],
        " ".join(row.platforms),
        f"{row.created:%Y-%m-%d %H:%M}" if row.created else "",
        *("" if size is None else decimal(size) for size in (row.size_bytes, row.unique_bytes, row.shared_bytes)),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in _RIGHT else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False).print(table)


def _data(head: Mapping[str, Any], key: str, rows: list[dict[str, Any]], how: Format) -> None:
    if how is Format.JSON:
        json.dump({**head, key: rows}, sys.stdout, indent=2, default=_text)
        sys.stdout.write("\n")
    elif rows:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)


def _text(value: object) -> str | int:
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else value if isinstance(value, int) else str(value)


def _lines(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
