-- advertising --
-- What advertising by $observation_end is charged to: the customers that its source won in its month; where it won
-- none that is known, those of the month of whom no source is known.
--   month    first day of the month
--   source   as in acquired; '' stands for those of whom none is known
--   spend    what was spent for them
with
spent as (
    select
        cast(date_trunc('month', day) as date) as month,
        lower(trim(source)) as source,
        sum(amount) as amount
    from spend
    where day <= $observation_end
    group by cast(date_trunc('month', day) as date), lower(trim(source))
),
won as (
    select distinct month, source
    from acquired
    where source is not null
)
select
    spent.month,
    coalesce(won.source, '') as source,
    cast(sum(spent.amount) as decimal(18, 4)) as spend
from spent
left join won on spent.month = won.month and spent.source = won.source
group by spent.month, coalesce(won.source, '')
