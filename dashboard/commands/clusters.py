"""Search for clusters of cases and keep the result for the pages."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from dashboard.commands._shared import add_store, add_view, settings_of, store_of, view_of
from dashboard.commands._stopping import heed
from dashboard.files import require_writable, whole
from layers._times import day_start
from layers.decisions import clusters

NAME = "clusters"
HELP = "search for clusters of cases (Kulldorff's scan, at three levels of area) and keep them for the pages"
EXAMPLE = "python -m dashboard clusters --as-of 2020-02-16 --out clusters.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--out", type=Path, metavar="JSON", help="write them to a file as well")
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Search, keep and tell."""
    require_writable(args.out)
    store = store_of(settings_of(args))
    view = view_of(args, store)
    facts = clusters.gather(store, view)
    found = clusters.kept(store, clusters.mark(facts, view))
    if found is None:
        with tqdm(desc="scanning", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

            def told(done: int, total: int, zh: str, en: str) -> None:
                bar.total = total
                bar.set_description(en if args.lang == "en" else zh, refresh=False)
                heed()
                bar.update(done - bar.n)

            found = clusters.search(facts, view, progress=told)
        clusters.keep(store, found)
    if args.out:
        with whole(args.out) as unfinished:
            unfinished.write_text(found.to_json(), "utf-8")
    for row in found.clusters.itertuples():
        days = "-".join(f"{day_start(int(number)):%m-%d}" for number in (row.first_day, row.last_day))
        print(
            f"{row.rank:3} {row.names[0]}: {row.observed} cases, {row.expected:.1f} expected, LLR {row.llr:.1f}, p {row.p:.3f}, "
            f"{days}, {len(row.codes)} compounds, stable: {row.stable}"
        )
    said = {"poisson": f"over {found.measure}", "space_time": "of days and places"}[found.model]
    print(
        f"{len(found.clusters)} clusters {said}, {found.figures['unplaced']:,.0f} cases not placed, inputs {found.inputs_hash[:12]}"
    )
    return 0
