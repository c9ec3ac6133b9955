-- arm_sums --
-- What assigned customers have brought, summed by layer, stratum and arm.
--   assigned   one row per assignment: layer_key, probability, tier, stage, arm, customer_id, as_of, month, until,
--              surrogate (change of residual CLV; NULL where nothing is told of it)
-- A message acts from the day after the assignment at the earliest, so orders and refunds count that are dated from
-- that day to $as_of, or to the last day of the assignment where that was over before; whoever was assigned on $as_of
-- itself has no such day yet and is left out.
--   $before                   so many days that end with the assignment make the covariate; 0: it is 0 for all
--   people, days, complete    how many; their days since, summed; those with at least $needed such days
--   margin, margin_squares    of $margin times (orders less refunds), each dated within these days; a person's figure
--                             counts as $cap where it is above
--   orders, orders_squares    of the count of orders
--   before, before_squares, products    of what was brought in the days before, counted like margin, and times margin
--   told, surrogate, surrogate_squares    how many of whom a change is told, and of that
with
moves as (
    select customer_id, order_date as day, amount, 1 as orders
    from orders
    where order_date <= $as_of
    union all
    select customer_id, refund_date as day, -amount as amount, 0 as orders
    from refunds
    where refund_date <= $as_of
),
moved as (
    select
        assigned.layer_key,
        assigned.customer_id,
        cast(sum(moves.amount) filter (where moves.day > assigned.as_of) as double) as amount,
        cast(sum(moves.orders) filter (where moves.day > assigned.as_of) as double) as orders,
        cast(sum(moves.amount) filter (where moves.day <= assigned.as_of) as double) as before
    from assigned
    inner join moves
        on assigned.customer_id = moves.customer_id
        and moves.day > assigned.as_of - cast($before as integer)
        and moves.day <= assigned.until
    group by assigned.layer_key, assigned.customer_id
),
people as (
    select
        assigned.layer_key,
        assigned.probability,
        assigned.tier,
        assigned.stage,
        assigned.arm,
        assigned.as_of,
        assigned.month,
        assigned.surrogate,
        cast(least($as_of, assigned.until) - assigned.as_of as bigint) as days,
        least($margin * coalesce(moved.amount, 0), $cap) as margin,
        coalesce(moved.orders, 0) as orders,
        least($margin * coalesce(moved.before, 0), $cap) as before
    from assigned
    left join moved
        on assigned.layer_key = moved.layer_key and assigned.customer_id = moved.customer_id
    where assigned.as_of < $as_of
)
select
    layer_key,
    probability,
    tier,
    stage,
    arm,
    month,
    cast(count(*) as bigint) as people,
    sum(margin) as margin,
    sum(margin * margin) as margin_squares,
    sum(orders) as orders,
    sum(orders * orders) as orders_squares,
    cast(sum(days) as bigint) as days,
    min(as_of) as first_as_of,
    max(as_of) as last_as_of,
    cast(sum(case when days >= $needed then 1 else 0 end) as bigint) as complete,
    cast(count(surrogate) as bigint) as told,
    coalesce(sum(surrogate), 0) as surrogate,
    coalesce(sum(surrogate * surrogate), 0) as surrogate_squares,
    sum(before) as before,
    sum(before * before) as before_squares,
    sum(before * margin) as products
from people
group by layer_key, probability, tier, stage, arm, month
order by layer_key, probability, tier, stage, arm, month
