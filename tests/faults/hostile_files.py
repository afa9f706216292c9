"""More than two hundred files that no exporter should write and some do: each with how many rows it holds, as a person would count them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

HEADER = "site,ts,throughput\n"
HOURS = 10 * 24


@dataclass(frozen=True)
class Hostile:
    """A file.

    Args:
        name: What is wrong with it; its suffix is the file's.
        content: Its bytes.
        rows: Rows below the header.
        refused: Whether the whole file must be refused: nobody can tell its rows apart, or not one of its columns is what it should be.
    """

    name: str
    content: bytes
    rows: int
    refused: bool = False


def line(hour: int, site: str = "a", value: str | None = None) -> str:
    """A reading."""
    moment = datetime(2026, 6, 1) + timedelta(hours=hour)
    return f"{site},{moment},{hour % 24 if value is None else value}"


def table(*more: str, hours: int = HOURS, at: int | None = None) -> str:
    """A month of readings of one site with other lines among them."""
    lines = [line(hour) for hour in range(hours)]
    place = len(lines) if at is None else at
    return HEADER + "\n".join([*lines[:place], *more, *lines[place:]]) + "\n"


BAD_VALUES = (
    *(
        "-1",
        "inf",
        "-inf",
        "1e999",
        "0x10",
        '"1,5"',
        "many",
        "1_000",
        "--1",
        "1e",
        "٣",
        "１２.5",
        "=1+1",
        "1;2",
        "true",
        "#N/A",
        "1 2",
        "½",
    ),
    *("", "NA", "null", "NaN", " 7 ", "+3", "1e3", "00012", "1E-320", "9" * 400, "1.", ".5", "5 Mbit", "$5", "\\N", "∞", "1'000"),
)
BAD_INSTANTS = (
    *("", "yesterday", "2026-13-01", "2026-06-31 00:00", "1066-10-14 00:00", "2099-01-01", "9" * 40, "2026-06-01T25:00", "0", "\0", "now"),
    *("1785542400", "2026-06-01T00:00:00+99:99", "2026-06-01T00:00:00 Europe/Berlin", "01.06.2026 00:00", "06/01/2026", "2026-W23-1"),
    *("2026-06-01T00:00:60Z", "2026-06-01 24:00", "24:00", "2026-06-01T00:00:00.123456789Z", "2026-06-01T00:00:00,5", "-2026-06-01"),
    *("+12026-06-01", "２０２６-06-01"),
)
BAD_NAMES = (
    *(
        "",
        "  ",
        "x\0y",
        "é" * 501,
        "x" * 100_000,
        '"a""b"',
        "'; drop table dayahead.traffic;--",
        "\u202e",
        "🚀",
        "%s",
        "{x}",
        "NULL",
        "\\.",
    ),
)
STRAY = {
    "opens the site": '"a,2026-07-01 00:00,1',
    "opens the instant": 'a,"2026-07-01 00:00,1',
    "opens the value": 'a,2026-07-01 00:00,"1',
    "opens and closes two lines below": f'"{line(HOURS)}\n{line(HOURS + 1)}\nb",{line(HOURS + 2)[2:]}',
    "joins two rows at the site": f'"{line(HOURS)}\nb",{line(HOURS + 1)[2:]}',
    "joins two rows at the instant": 'a,"2026-07-01 00:00,1\na,2026-07-01 01:00",2',
    "joins two rows at the value": f'{line(HOURS, value=chr(34) + "1")}\na,2026-07-01 01:00,2"',
    "joins parts of two rows": 'a,"2026-07-01 00:00,1\na",2026-07-01 01:00,2',
    "opens a page": '"' + "\n".join(f"word {i}" for i in range(40)) + '",2026-07-01 00:00,1',
}


def hostile_files() -> Iterator[Hostile]:
    """Every CSV of the corpus; the same at each call."""
    yield from _rows()
    yield from _quotes()
    yield from _structure()
    yield from _bytes()


def _rows() -> Iterator[Hostile]:
    for i, value in enumerate(BAD_VALUES):
        yield Hostile(f"value-{i}.csv", table(line(HOURS, value=value)).encode(), HOURS + 1)
    for i, ts in enumerate(BAD_INSTANTS):
        yield Hostile(f"instant-{i}.csv", table(f"a,{ts if ',' not in ts else chr(34) + ts + chr(34)},1").encode(), HOURS + 1)
    for i, name in enumerate(BAD_NAMES):
        yield Hostile(f"name-{i}.csv", table(line(HOURS, site=name)).encode(), HOURS + 1)
    for i, torn in enumerate(("a", "a,b", "a,2026-07-01 00:00,1,2", ",,,,,,", "a;2026-07-01;1", "a\t2026-07-01\t1", ",", "-" * 500)):
        yield Hostile(f"torn-{i}.csv", table(torn).encode(), HOURS + 1)
        yield Hostile(f"torn-first-{i}.csv", table(torn, at=0).encode(), HOURS + 1)
        yield Hostile(f"torn-only-{i}.csv", (HEADER + torn + "\n").encode(), 1)
    yield Hostile("conflict.csv", table(line(5, value="77"), line(5), line(5, value="78")).encode(), HOURS + 3)
    yield Hostile("off-grid.csv", table("a,2026-07-01 00:07:13,1").encode(), HOURS + 1)
    yield Hostile("backwards.csv", (HEADER + "\n".join(reversed([line(hour) for hour in range(HOURS)]))).encode(), HOURS)
    yield Hostile("one-row.csv", (HEADER + line(0)).encode(), 1)
    yield Hostile("all-empty.csv", (HEADER + 30 * ",,\n").encode(), 30)
    yield Hostile("hopeless.csv", (HEADER + 1500 * "a,never,x\n").encode(), 1500, refused=True)
    yield Hostile("only-missing.csv", (HEADER + "\n".join(line(hour, value="") for hour in range(48))).encode(), 48)


def _quotes() -> Iterator[Hostile]:
    for what, text in STRAY.items():
        rows = text.count("\n") + 1
        for place, at in (("first", 0), ("middle", HOURS // 2), ("last", None)):
            alone = place == "last" and "\n" not in text and what != "opens the value"
            if place == "last" and what == "opens the value":
                yield Hostile("quote-never-closed-in-the-last-value.csv", table(text)[:-1].encode(), HOURS + 1)
                continue
            content = table(text, at=at)
            yield Hostile(f"quote-{what}-{place}.csv", (content[:-1] if alone else content).encode(), HOURS + rows, refused=not alone)
    yield Hostile("quote-zipped.csv.gz", gzip.compress(table(STRAY["opens the site"], at=9).encode(), mtime=0), HOURS + 1, refused=True)
    yield Hostile("name-of-two-lines.csv", table('"new\nline",2026-07-01 00:00,1').encode(), HOURS + 1)
    noted = HEADER.replace("\n", ",note\n") + "".join(f'{line(hour)},"fine, so far\nas one sees"\n' for hour in range(48))
    yield Hostile("remarks-of-two-lines.csv", noted.encode(), 48)
    noted = HEADER.replace("\n", ",note\n") + "".join(f"{line(hour)},{chr(34) if hour == 7 else ''}x\n" for hour in range(48))
    yield Hostile("quote-in-a-column-nobody-reads.csv", noted.encode(), 48, refused=True)


def _structure() -> Iterator[Hostile]:
    body = table()[len(HEADER) :]
    headers = {
        "twice": "site,ts,throughput,throughput", "twice-ts": "site,ts,throughput,ts", "missing": "site,ts", "case": "Site,TS,Throughput",
        "blank": "site, ts, throughput", "numbers": "1,2,3", "empty-names": ",,", "quoted": '"site,ts,throughput', "one": "site",
    }  # fmt: skip
    for what, header in headers.items():
        yield Hostile(f"header-{what}.csv", f"{header}\n{body}".encode(), HOURS, refused=True)
    yield Hostile("header-none.csv", body.encode(), HOURS - 1, refused=True)
    yield Hostile("header-unread-twice.csv", _with_column("x,x", "1,2"), 48)
    yield Hostile("header-empty-name.csv", _with_column("", ""), 48)
    yield Hostile("header-wide.csv", _with_column(",".join(f"c{i}" for i in range(300)), ",".join("1" * 300)), 48)
    for end in ("\r\n", "\n\n", "\r\n\r\n"):
        yield Hostile(f"line-end-{len(end)}-{ord(end[0])}.csv", table(hours=48).replace("\n", end).encode(), 48)
    yield Hostile("line-end-old.csv", table(hours=48).replace("\n", "\r").encode(), 48, refused=True)
    yield Hostile("blank-lines.csv", table("", "", "").encode(), HOURS)
    yield Hostile("blank-at-end.csv", (table() + "   \n").encode(), HOURS + 1)
    yield Hostile("comment.csv", ("# made by an exporter\n" + table()).encode(), HOURS, refused=True)
    yield Hostile("header-again.csv", table(HEADER.strip(), at=100).encode(), HOURS + 1)
    yield Hostile("total-line.csv", table("total,,17").encode(), HOURS + 1)
    for name, mark in (("semicolon", ";"), ("tab", "\t"), ("pipe", "|")):
        yield Hostile(f"divided-by-{name}.csv", table(hours=48).replace(",", mark).encode(), 48)
    yield Hostile("divided-by-two.csv", table(line(HOURS).replace(",", ";")).encode(), HOURS + 1)
    yield Hostile("long-value.csv", table(f"a,2026-07-01 00:00,{'9' * 200_000}").encode(), HOURS + 1)
    yield Hostile("no-rows.csv", HEADER.encode(), 0, refused=True)
    yield Hostile("no-rows-no-end.csv", HEADER.strip().encode(), 0, refused=True)


def _with_column(names: str, values: str) -> bytes:
    return (HEADER.strip() + f",{names}\n" + "".join(f"{line(hour)},{values}\n" for hour in range(48))).encode()


def _bytes() -> Iterator[Hostile]:
    sound = table(hours=48).encode()
    packed = gzip.compress(sound, mtime=0)
    for i, content in enumerate(
        (b"", b"\n", b"\n\n\n", b"PAR1", b"PAR1PAR1", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\0" * 100, b"\xff" * 100, b"{}", b"PK\3\4")
    ):
        yield Hostile(f"no-table-{i}.csv", content, 0, refused=True)
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield Hostile(f"encoding-{encoding}.csv", sound.decode().encode(encoding), 48, refused=True)
    yield Hostile("encoding-latin-1.csv", table(line(HOURS, site="Zürich")).encode("latin-1"), HOURS + 1, refused=True)
    yield Hostile("encoding-mark.csv", sound.decode().encode("utf-8-sig"), 48)
    yield Hostile("encoding-cut.csv", table(line(HOURS, site="é"))[:-30].encode()[:-1] + b"\xc3", 0, refused=True)
    for i, at in enumerate((12, 30, len(packed) // 2, len(packed) - 4)):
        yield Hostile(f"zip-cut-{i}.csv.gz", packed[:at], 48, refused=True)
    yield Hostile("zip-damaged.csv.gz", packed[:40] + b"\xff\xff\xff" + packed[43:], 48, refused=True)
    yield Hostile("zip-of-two.csv.gz", packed + gzip.compress("".join(f"{line(h)}\n" for h in range(48, 60)).encode(), mtime=0), 60)
    yield Hostile("zip-of-zip.csv.gz", gzip.compress(packed, mtime=0), 48, refused=True)
    yield Hostile("zip-with-a-tail.csv.gz", packed + b"tail of no meaning", 48, refused=True)
    yield Hostile("zipped-and-not-named-so.csv", packed, 48)
    yield Hostile("named-zipped.csv.gz", sound, 48)
    yield Hostile("csv-named-parquet.parquet", sound, 48)
    for i, splice in enumerate((b"\0", b"\xff\xfe", b"\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80")):
        content = sound[:500] + splice + sound[500:]
        yield Hostile(f"splice-{i}.csv", content, 48, refused=splice != b"\0")
    yield Hostile("html.csv", b"<!DOCTYPE html><html><body>Please log in</body></html>", 0, refused=True)
    yield Hostile("json.csv", b'[{"site": "a", "ts": "2026-06-01", "throughput": 1}]', 0, refused=True)
