-- cost_totals --
-- What all these costs come to by $observation_end, whoever has to bear them, in one row.
--   told, advertised  costs beside goods; advertising
--   running           service and contact, since their first day
--   revenue           paid less refunded in the same days: NULL where there are no such costs
with
ours as (
    select
        sum(amount) as told,
        sum(amount) filter (where kind <> 'acquisition') as running,
        min(dated) filter (where kind <> 'acquisition') as since,
        count(*) filter (where kind <> 'acquisition' and dated is null) as undated
    from other_costs
),
flows as (
    select order_date as dated, amount
    from orders
    where order_date <= $observation_end
    union all
    select refund_date as dated, -amount as amount
    from refunds
    where refund_date <= $observation_end
)
select
    cast(coalesce(max(ours.told), 0) as double) as told,
    cast(coalesce((select sum(spend) from advertising), 0) as double) as advertised,
    cast(coalesce(max(ours.running), 0) as double) as running,
    cast(
        coalesce(sum(flows.amount) filter (where ours.undated > 0 or flows.dated >= ours.since), 0) as double
    ) as revenue
from ours
cross join flows
