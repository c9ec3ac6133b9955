-- flows --
-- Customers by where they stood on $axis at the end of $start (before) and of $end (after); NULL: without one.
--   transitions  all moves: the latest until a day says where somebody stood on it
--   tiers        everybody who is known today, so that two ids of one person count once
-- Who is first heard of after $start comes from 'newcomer'; who is first heard of after $end does not count, nor does
-- who never stood anywhere.
with
placed as (
    select
        customer_id,
        to_,
        row_number() over (
            partition by customer_id
            order by as_of desc, run_seq desc
        ) as nth
    from transitions
    where axis = $axis and as_of <= $start
),
placed_later as (
    select
        customer_id,
        to_,
        row_number() over (
            partition by customer_id
            order by as_of desc, run_seq desc
        ) as nth
    from transitions
    where axis = $axis and as_of <= $end
)
select
    case when placed.customer_id is null then 'newcomer' else placed.to_ end as before,
    placed_later.to_ as after,
    cast(count(*) as bigint) as customers
from tiers
inner join placed_later on tiers.customer_id = placed_later.customer_id and placed_later.nth = 1
left join placed on tiers.customer_id = placed.customer_id and placed.nth = 1
group by before, after
order by before, after
