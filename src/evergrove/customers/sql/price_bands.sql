-- price_bands --
-- Whether a customer buys what is cheap or dear of its kind: the mean place of the lines' prices among all lines
-- of their category (mid-rank over count, 0..1; a price that all have is in the middle).
--   band  low below a third, high above two thirds, else middle
with
placed as (
    select
        customer_id,
        cast(
            (
                rank() over (partition by category order by price) - 1
                + count(*) over (partition by category, price) / 2.0
            ) / count(*) over (partition by category) as decimal(18, 12)
        ) as place
    from bought_lines
    where price is not null and price > 0
),
averaged as (
    select customer_id, cast(sum(place) as double) / count(*) as place
    from placed
    group by customer_id
)
select
    customer_id,
    place,
    case when place < 1 / 3.0 then 'low' when place > 2 / 3.0 then 'high' else 'middle' end as band
from averaged
