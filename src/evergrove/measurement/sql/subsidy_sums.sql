-- subsidy_sums --
-- Who bought and who used a coupon, of the people whom one playbook was assigned to, by stratum and arm.
--   assigned   one row a person: probability, tier, stage, arm, customer_id, as_of
--   redeemed   one row a person who has used a code of the campaign: customer_id
-- A message acts from the day after the assignment at the earliest: a buyer is who has an order from that day to $as_of.
--   people, buyers, redeemers, both   how many; of them bought; used a code; did both
with
bought as (
    select distinct assigned.customer_id
    from assigned
    inner join orders
        on assigned.customer_id = orders.customer_id
        and orders.order_date > assigned.as_of
        and orders.order_date <= $as_of
),
people as (
    select
        assigned.probability,
        assigned.tier,
        assigned.stage,
        assigned.arm,
        case when bought.customer_id is null then 0 else 1 end as buys,
        case when redeemed.customer_id is null then 0 else 1 end as redeems
    from assigned
    left join bought on assigned.customer_id = bought.customer_id
    left join redeemed on assigned.customer_id = redeemed.customer_id
    where assigned.as_of < $as_of
)
select
    probability,
    tier,
    stage,
    arm,
    cast(count(*) as bigint) as people,
    cast(sum(buys) as bigint) as buyers,
    cast(sum(redeems) as bigint) as redeemers,
    cast(sum(buys * redeems) as bigint) as both_did
from people
group by probability, tier, stage, arm
order by probability, tier, stage, arm
