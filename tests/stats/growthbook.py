"""Sums of growthbook's own tests that more than one of ours stands on."""

from __future__ import annotations

from evergrove.stats import PairedRatio, Ratio, Sums


def orders(
    above: Sums, below: Sums, products: float, before: Ratio, crossed: tuple[float, float, float, float]
) -> PairedRatio:
    """One arm of growthbook's own test of ratios."""
    return PairedRatio(Ratio(above, below, products), before, crossed)


RATIO_CONTROL = orders(
    Sums(100, 485.112236689623, 2715.484666118136),
    Sums(100, 679.9093275844917, 4939.424001640236),
    3602.146836776702,
    Ratio(
        Sums(100, 192.59138069991536, 460.076026390857),
        Sums(100, 290.1398399750233, 920.9461385038898),
        634.239482353647,
    ),
    (1113.6215759318352, 1559.2878434944676, 1460.3181079276983, 2130.9404074446747),
)
RATIO_TREATED = orders(
    Sums(100, 514.7757826608777, 2994.897482705013),
    Sums(100, 705.4090874383759, 5291.36604146392),
    3918.1561431600717,
    Ratio(
        Sums(100, 206.94157227402536, 514.2903702246757),
        Sums(100, 302.54389139107326, 994.4506208125663),
        698.4173425817908,
    ),
    (1237.0953021125997, 1701.0287270040265, 1604.0759503266522, 2292.081739775257),
)
