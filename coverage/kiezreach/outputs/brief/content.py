"""What a brief says in German and English, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kiezreach.groups import UNKNOWN
from kiezreach.outputs.ages import age_label
from kiezreach.outputs.brief.context import Context, known, named
from kiezreach.outputs.brief.document import (
    Align,
    Block,
    Heading,
    Item,
    Items,
    MapFigure,
    Pair,
    Paragraph,
    Row,
    Table,
)

if TYPE_CHECKING:
    from kiezreach.outputs.brief.facts import Centre, Gap, Group, NormResult, Site
    from kiezreach.outputs.brief.wording import Runs

_TOP = 10  # what top_ten_share of gaps.csv counts
_MOST_CLASSES = 7
_MOST_AGES = 10
_OFTEN = 0.5
_NAMES_SHOWN = 2
_NORMS_SHOWN = 7
_WHOLE = 0.999999  # a share of 1 with the decimals of its table


def pages(context: Context) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Return the blocks of both pages."""
    first: list[Block] = [Paragraph(context.finding(), "lead")]
    legend = MapFigure(context.map_description(), context.legend())
    beside = (*_served(context), context.quote())
    first.append(Pair((legend,), beside, 0.55))
    first += [*_gaps(context), *_groups(context)]
    second: list[Block] = [*_centres(context), *_norms(context), *_sites(context)]
    second += _limits(context)
    return tuple(first), tuple(second)


def _served(context: Context) -> Iterator[Block]:
    """Tell how many residents are served within each threshold."""
    say, facts = context.wording, context.facts
    yield Heading(say("served_heading"))
    rows = []
    for within in facts.served:
        cells: list[Runs] = [(within.served,), (within.share,) if known(within.share) else ("",)]
        if context.has_interval:
            spread = say.sentence("interval", low=within.low, high=within.high)
            cells.append(spread if known(within.low) else ("",))
        rows.append(Row((context.threshold(within.threshold_m),), tuple(cells)))
    columns = ["column_walk", "column_people", "column_share"]
    columns += ["column_interval"] * context.has_interval
    align = _numbers(columns)
    wide = (len(columns) - 1,)
    yield Table(say("served_caption"), tuple(map(say, columns)), align, tuple(rows), wide)
    yield Paragraph(_base(context), "small")


def _numbers(columns: Sequence[str]) -> tuple[Align, ...]:
    """Align a column of names and others of numbers."""
    return tuple("left" if k == 0 else "right" for k in range(len(columns)))


def _base(context: Context) -> Runs:
    """Say how many residents there are, what the interval means, and how long a walk takes."""
    say, facts = context.wording, context.facts
    date = context.date_of("residents")
    key = "residents_total" if date else "residents_total_undated"
    key += "_one" if facts.main.residents.value == 1 else ""
    runs = say.sentence(key, residents=facts.main.residents, date=date)
    if context.has_interval:
        runs += (" ", *say.sentence("interval_meaning", count=context.spreads()))
    return (*runs, " ", *context.walk())


def _groups(context: Context) -> Iterator[Block]:
    """Tell who is served, by age and by class of planning area."""
    say, facts = context.wording, context.facts
    ages, classes = facts.age_groups[:_MOST_AGES], facts.class_groups[:_MOST_CLASSES]
    if not ages and not classes:
        return
    ending = "" if ages and classes else "_age" if ages else "_class"
    yield Heading(say(f"groups_heading{ending}"))
    rows: list[Row] = []
    if ages:
        rows.append(Row((say("section_age"),)))
        rows += [_group_row(group, named(age_label(group.name, say.language))) for group in ages]
    if classes and facts.classes is not None:
        label = named(say.label(facts.classes.labels))
        rows.append(Row((say("section_class", label=label),)))
        rows += [_group_row(group, class_label(group.name, context)) for group in classes]
    within = [say.metres(s.threshold_m) for s in facts.served]
    columns = (
        say("column_group"),
        say("column_all"),
        *(say("column_within", metres=metres) for metres in within),
        say("column_share_within", metres=say.metres(facts.gap_threshold_m)),
    )
    align = _numbers(columns)
    even = tuple(range(len(columns)))
    yield Table(say("groups_caption"), columns, align, tuple(rows), even)


def _group_row(group: Group, label: str) -> Row:
    counts = tuple((served,) for served in group.served)
    return Row((label,), ((group.residents,), *counts, (group.share,)))


def class_label(name: str, context: Context) -> str:
    """Name a class of planning areas."""
    say, classes = context.wording, context.facts.classes
    if name == UNKNOWN or classes is None:
        return say("class_unknown")
    if name in classes.named:
        return named(say.label(classes.named[name]))
    return say("class_quantile", group=name, count=str(classes.quantiles))


def _gaps(context: Context) -> Iterator[Block]:
    """Tell the gaps of highest priority, and what their ranks mean."""
    say, facts = context.wording, context.facts
    yield Heading(say("gaps_heading_1" if _one_gap(context) else f"gaps_heading_{_shown(context)}"))
    if not facts.gaps:
        yield Paragraph(context.no_gaps())
        return
    marks = [context.gap_mark(k) for k in range(len(facts.gaps))]
    items = zip(facts.gaps, marks, strict=True)
    yield Items(tuple(Item(_gap(gap, context), mark, named(gap.name)) for gap, mark in items))
    key = "gaps_order_need" if context.study.need is not None else "gaps_order_plain"
    runs = say.sentence(key, combinations=context.combinations())
    if context.study.filter is not None:
        runs += (" ", say("gaps_order_filter", filter=context.filter_name()))
    if not facts.scope.is_city:
        runs += (" ", say("gaps_beyond"))
    yield Paragraph(runs, "small")


def _one_gap(context: Context) -> bool:
    return len(context.facts.gaps) == 1


def _shown(context: Context) -> int:
    """Return the number of gaps that the heading speaks of: 3 where there are more than shown."""
    return len(context.facts.gaps)


def _gap(gap: Gap, context: Context) -> Runs:
    """Tell one gap in sentences."""
    say, facts = context.wording, context.facts
    one = "_one" if gap.residents.value == 1 else ""
    people = say.sentence(
        f"gap_people{one}", residents=gap.residents, metres=say.metres(facts.gap_threshold_m)
    )
    walk: Runs = ()
    if known(gap.walk) and gap.centre:
        walk = say.sentence("gap_walk", walk=gap.walk, centre=named(gap.centre))
    need = say.sentence("gap_need", need=gap.need) if known(gap.need) else ()
    sure = "_sure" if gap.best.value == gap.worst.value else ""
    rank = say.sentence(
        f"gap_rank{sure}", rank=gap.rank, gaps=facts.n_gaps_city, best=gap.best, worst=gap.worst
    )
    meaning = _meaning(gap, context)
    return say.sentence("gap_text", people=people, walk=walk, need=need, rank=rank, meaning=meaning)


def _meaning(gap: Gap, context: Context) -> Runs:
    """Say what the interval of a rank means."""
    city = named(context.study.name)
    if float(context.facts.n_gaps_city.value) <= _TOP:
        key = "gap_few"
    elif float(gap.top_ten.value) >= _WHOLE:
        key = "gap_always"
    elif float(gap.top_ten.value) >= _OFTEN:
        key = "gap_often"
    else:
        key = "gap_rarely" if float(gap.top_ten.value) > 0 else "gap_never"
    return context.wording.sentence(key, share=gap.top_ten, city=city)


def _centres(context: Context) -> Iterator[Block]:
    """Tell the centres, and what would be lost if each closed."""
    say, facts = context.wording, context.facts
    yield Heading(say("centres_heading"))
    if not facts.centres:
        yield Paragraph(say.sentence("centres_none", where=context.where()))
        return
    shown = facts.numbered_centres
    metres = say.metres(facts.gap_threshold_m)
    columns = (
        say("column_centre"),
        say("column_reached", metres=metres),
        say("column_lost"),
        say("column_extra"),
        say("column_next"),
    )
    align: tuple[Align, ...] = ("left", "right", "right", "right", "left")
    rows = tuple(_centre_row(k, centre, context) for k, centre in enumerate(shown, 1))
    yield Table(say("centres_caption"), columns, align, rows, (0, 4))
    runs = say.sentence("centres_explained", metres=metres)
    if len(facts.centres) > len(shown):
        more = say.sentence("centres_more", shown=str(len(shown)), count=facts.n_centres)
        runs += (" ", *more)
    yield Paragraph(runs, "small")


def _centre_row(number: int, centre: Centre, context: Context) -> Row:
    key = "centre_name" if centre.linked else "centre_unlinked"
    head = context.wording(key, number=str(number), name=named(centre.name))
    walk = (centre.extra_walk,) if known(centre.extra_walk) else ("",)
    return Row((head,), ((centre.within,), (centre.lost,), walk, (named(centre.next_name),)))


def _norms(context: Context) -> Iterator[Block]:
    """Tell which norms are met and missed."""
    say, facts = context.wording, context.facts
    norms = [result for result in facts.norms if result.areas.value]
    if not norms:
        return
    yield Heading(say("norms_heading"))
    columns = tuple(map(say, ("column_norm", "column_status", "column_met", "column_missed")))
    rows = tuple(_norm_row(result, context) for result in norms[:_NORMS_SHOWN])
    yield Table(say("norms_caption"), columns, ("left", "left", "right", "left"), rows, (0, 3))
    if not facts.scope.is_city:
        yield Paragraph((say("norms_explained"),), "small")


def _norm_row(result: NormResult, context: Context) -> Row:
    say, norm = context.wording, result.norm
    head = named(say.label(norm.labels), 90)
    met = say.sentence("norm_met", met=result.met, areas=result.areas)
    status = say(f"status_{norm.status}")
    return Row((head,), ((status,), met, _lacks(result, context)))


def _lacks(result: NormResult, context: Context) -> Runs:
    """Say what is missing where a norm is not met, and where nothing can be said."""
    say = context.wording
    lacks = unknown = None
    if result.lacks is not None:
        one = "_one" if result.lacks.value == 1 else ""
        names = context.listed(result.lacking, _NAMES_SHOWN)
        lacks = say.sentence(f"norm_lacks_{result.unit}{one}", lacks=result.lacks, names=names)
    if result.unknown.value:
        unknown = say.sentence("norm_unknown", unknown=result.unknown)
    if lacks and unknown:
        return say.sentence("norm_both", lacks=lacks, unknown=unknown)
    return lacks or unknown or (say("norm_nothing"),)


def _sites(context: Context) -> Iterator[Block]:
    """Tell the proposed sites, where any were looked for."""
    say, sites = context.wording, context.facts.sites
    if sites is None:
        return
    yield Heading(say("sites_heading"))
    if not sites:
        yield Paragraph((say("sites_none", city=named(context.study.name)),))
        return
    yield Items(
        tuple(
            Item(_site(site, context), context.site_mark(k), named(site.name))
            for k, site in enumerate(sites)
        )
    )
    city = named(context.study.name)
    runs = say.sentence("sites_order", count=context.facts.n_sites_city, city=city)
    if float(context.facts.n_sites.value) > len(sites):
        shown = say.number(len(sites))
        runs += (" ", *say.sentence("sites_more", shown=shown, count=context.facts.n_sites))
    yield Paragraph(runs, "small")


def _site(site: Site, context: Context) -> Runs:
    say = context.wording
    times = () if site.times_chosen is None else say.sentence("site_times", times=site.times_chosen)
    key = "site_one" if site.gained.value == 1 else "site"
    metres = say.metres(context.proposal_threshold_m)
    address = say("site_address", address=named(site.address)) if site.address else ""
    fields = {"gained": site.gained, "rank": site.rank, "times": times, "address": address}
    return say.sentence(key, metres=metres, **fields)


def _limits(context: Context) -> Iterator[Block]:
    """Tell what the figures cannot say."""
    yield Heading(context.wording("limits_heading"))
    yield Items(tuple(Item(runs) for runs in _limit_sentences(context)))


def _limit_sentences(context: Context) -> Iterator[Runs]:
    say, main = context.wording, context.facts.main
    if accuracy := context.accuracy():
        yield accuracy
    if method := context.method():
        key = "limit_spread" if context.has_interval and known(main.low) else "limit_spread_single"
        metres = say.metres(main.threshold_m)
        yield say.sentence(key, method=method, metres=metres, low=main.low, high=main.high)
    if date := context.date_of("indicators"):
        yield say.sentence("limit_indicators", indicators=date)
    yield say.sentence("limit_centres", credit=context.credit("centres"))
    yield (say("limit_quality"),)
