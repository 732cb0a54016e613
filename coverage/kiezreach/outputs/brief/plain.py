"""What a brief says in plain German (Leichte Sprache): less, and in short sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kiezreach.outputs.brief.context import Context, known, named
from kiezreach.outputs.brief.document import (
    Align,
    Block,
    Box,
    Heading,
    Item,
    Items,
    MapFigure,
    Pair,
    Paragraph,
    Row,
    Table,
)
from kiezreach.outputs.brief.figures import Figure, Source

if TYPE_CHECKING:
    from kiezreach.outputs.brief.facts import Gap, Group, NormResult
    from kiezreach.outputs.brief.wording import Runs

_TEN = 10
_CENTRES_SHOWN = 2
_NORMS_SHOWN = 1
_LONGEST_NAME = 40
_STATUS = ("decided", "announced", "assumption")


def pages(context: Context) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Return the blocks of both pages."""
    map_figure = MapFigure(context.map_description(), context.legend())
    first = (
        Paragraph(_finding(context), "lead"),
        Pair((map_figure,), (_words(context),), 0.55),
        *_served(context),
    )
    second = (
        *_gaps(context),
        *_centres(context),
        *_norms(context),
        *_sites(context),
        *_limits(context),
        _quote(context),
    )
    return first, second


def _finding(context: Context) -> Runs:
    """Say who has a centre nearby."""
    main = context.facts.main
    key = "plain_finding"
    if not main.residents.value:
        key += "_nobody"
    elif not main.unserved.value or not main.served.value:
        key += "_none" if main.unserved.value else "_all"
        key += "_one" if main.residents.value == 1 else ""
    elif main.unserved.value == 1:
        key += "_but_one"
    return context.wording.sentence(
        key,
        where=context.where(),
        residents=main.residents,
        unserved=main.unserved,
        tenths=_tenths(context) if known(main.share) else "",
    )


def _tenths(context: Context) -> Runs:
    """Say a share as so many of ten people."""
    main = context.facts.main
    share = float(main.share.value)
    tenths = round(share * _TEN)
    column = f"round({_TEN} * {main.share.source.column})"
    figure = Figure(float(tenths), Source(main.share.source.file, main.share.source.where, column))
    key = {0: "_few", 1: "_one", _TEN: "_most"}.get(tenths, "")
    return context.wording.sentence(f"plain_tenths{key}", tenths=figure, share=main.share)


def _words(context: Context) -> Box:
    """Explain the words that are used."""
    say = context.wording
    fields = {"metres": context.gap_threshold(), "minutes": context.minutes()}
    words = tuple(
        Paragraph(say.sentence(f"plain_words_{word}", **fields), title=say(f"plain_word_{word}"))
        for word in ("centre", "near", "gap")
    )
    return Box(say("plain_words_title"), words, "words")


def _served(context: Context) -> Iterator[Block]:
    """Tell how many residents are served within each threshold, and of the young and the old."""
    say, facts = context.wording, context.facts
    yield Heading(say("plain_served_heading"))
    rows = tuple(
        Row(
            (context.threshold(within.threshold_m),),
            ((within.served,), (within.share,) if known(within.share) else ("",)),
        )
        for within in facts.served
    )
    keys = ("plain_column_walk", "plain_column_people", "plain_column_share")
    align: tuple[Align, ...] = ("left", "right", "right")
    even = tuple(range(len(keys)))
    yield Table(say("plain_served_caption"), tuple(map(say, keys)), align, rows, even)
    if ages := tuple(_age_rows(context)):
        keys = ("plain_column_group", "plain_column_all", "plain_column_within")
        yield Table(say("plain_groups_caption"), tuple(map(say, keys)), align, ages, even)


def _age_rows(context: Context) -> Iterator[Row]:
    """Tell of the youngest and the oldest, where the names of the groups say who they are."""
    say, facts = context.wording, context.facts
    chosen = [s.threshold_m for s in facts.served].index(facts.gap_threshold_m)

    def row(group: Group, label: str) -> Row:
        return Row((label,), ((group.residents,), (group.served[chosen],)))

    for group in facts.age_groups:
        if group.name.startswith("age_under_"):
            age = group.name.removeprefix("age_under_")
            yield row(group, say("plain_age_under", age=age))
        elif group.name.startswith("age_") and group.name.endswith("_over"):
            age = group.name.removeprefix("age_").removesuffix("_over")
            yield row(group, say("plain_age_over", age=age))


def _gaps(context: Context) -> Iterator[Block]:
    """Tell where a centre is missing."""
    say, facts = context.wording, context.facts
    yield Heading(say("plain_gaps_heading"))
    if not facts.gaps:
        yield Paragraph(say.sentence("plain_gaps_none"))
        return
    yield Items(
        tuple(
            Item(_gap(gap, context), context.gap_mark(k), named(gap.name, _LONGEST_NAME))
            for k, gap in enumerate(facts.gaps)
        )
    )
    one = "_one" if facts.n_gaps_city.value == 1 else ""
    yield Paragraph(say.sentence(f"plain_gaps_explained{one}", gaps=facts.n_gaps_city))


def _gap(gap: Gap, context: Context) -> Runs:
    say = context.wording
    sure = "_sure" if gap.best.value == gap.worst.value else ""
    rank = say.sentence(f"plain_gap_rank{sure}", rank=gap.rank, best=gap.best, worst=gap.worst)
    one = "_one" if gap.residents.value == 1 else ""
    return say.sentence(f"plain_gap{one}", residents=gap.residents, rank=rank)


def _centres(context: Context) -> Iterator[Block]:
    """Tell what happens if one of the most important centres closes."""
    say, facts = context.wording, context.facts
    yield Heading(say("plain_centres_heading"))
    if not facts.centres:
        yield Paragraph(say.sentence("plain_centres_none", where=context.where()))
        return
    one = "_one" if facts.n_centres.value == 1 else ""
    count = say.sentence(f"plain_centres_count{one}", where=context.where(), count=facts.n_centres)
    yield Paragraph(count)
    items = []
    for k, centre in enumerate(facts.centres[:_CENTRES_SHOWN], 1):
        ending = {0: "_nobody", 1: "_one"}.get(int(centre.lost.value), "")
        lost = say.sentence(f"plain_centre{ending}", lost=centre.lost)
        items.append(Item(lost, str(k), named(centre.name, _LONGEST_NAME)))
    yield Items(tuple(items))


def _norms(context: Context) -> Iterator[Block]:
    """Tell the most binding norms."""
    norms = [r for r in context.facts.norms if r.areas.value]
    norms = sorted(norms, key=_known_first)[:_NORMS_SHOWN]
    if not norms:
        return
    yield Heading(context.wording("plain_norms_heading"))
    label = context.wording.label
    yield Items(
        tuple(Item(_norm(r, context), title=named(label(r.norm.labels), 80)) for r in norms)
    )


def _known_first(result: NormResult) -> tuple[bool, int]:
    """Put norms first of which the result is known, then the most binding ones."""
    return result.unknown.value == result.areas.value, _STATUS.index(result.norm.status)


def _norm(result: NormResult, context: Context) -> Runs:
    say = context.wording
    if result.unknown.value == result.areas.value:
        return say.sentence("plain_norm_unknown", unknown=result.unknown, areas=result.areas)
    one = "_one" if result.met.value == 1 else ""
    return say.sentence(f"plain_norm{one}", met=result.met, areas=result.areas)


def _sites(context: Context) -> Iterator[Block]:
    """Tell the proposed sites, where any were looked for."""
    say, sites = context.wording, context.facts.sites
    if sites is None:
        return
    yield Heading(say("plain_sites_heading"))
    if not sites:
        yield Paragraph(say.sentence("plain_sites_none"))
        return
    items = []
    for k, site in enumerate(sites[:1]):  # the best one: there is no room for more
        one = "_one" if site.gained.value == 1 else ""
        gained = say.sentence(f"plain_site{one}", gained=site.gained)
        items.append(Item(gained, context.site_mark(k), named(site.name, _LONGEST_NAME)))
    yield Items(tuple(items))


def _limits(context: Context) -> Iterator[Block]:
    """Tell what is not known for certain."""
    say, main = context.wording, context.facts.main
    yield Heading(say("plain_limits_heading"))
    sentences: list[Runs] = []
    if context.is_approximate:
        sentences.append(say.sentence("plain_limit_network"))
    spread = (
        "plain_limit_spread"
        if context.has_interval and known(main.low)
        else "plain_limit_spread_single"
    )
    sentences.append(say.sentence(spread, low=main.low, high=main.high))
    if date := context.date_of("indicators"):
        sentences.append(say.sentence("plain_limit_indicators", indicators=date))
    sentences.append(say.sentence("plain_limit_centres"))
    yield Items(tuple(Item(runs) for runs in sentences))


def _quote(context: Context) -> Box:
    """Return a sentence that may be quoted."""
    say, main = context.wording, context.facts.main
    ending = (
        "_nobody"
        if not main.residents.value
        else {0: "_all", 1: "_one"}.get(int(main.unserved.value), "")
    )
    sentence = say.sentence(f"plain_quote{ending}", where=context.where(), unserved=main.unserved)
    source = Paragraph(context.quote_source(), "small")
    return Box(say("quote_title"), (Paragraph(sentence), source), "quote")
