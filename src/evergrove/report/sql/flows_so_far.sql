-- flows_so_far --
-- Customers by where they stood on $axis (tier or stage) in the first night (before) and stand in the newest (after); NULL:
-- nowhere.
--   tiers        the newest states, one row per customer
--   transitions  all moves so far; the first night places everybody, so who has no row of it came later: 'newcomer'
-- Who stands nowhere and never stood anywhere (whom nobody may value) does not count.
with
first_night as (
    select min(as_of) as as_of
    from transitions
),
placed as (
    select
        customer_id,
        max(case when axis = $axis then to_ end) as placed
    from transitions
    inner join first_night on transitions.as_of = first_night.as_of
    where cause = 'initial'
    group by customer_id
)
select
    case when placed.customer_id is null then 'newcomer' else placed.placed end as before,
    case when $axis = 'tier' then tiers.tier else tiers.stage end as after,
    cast(count(*) as bigint) as customers
from tiers
left join placed on tiers.customer_id = placed.customer_id
where tiers.stage is not null or placed.customer_id is not null
group by before, after
order by before, after
