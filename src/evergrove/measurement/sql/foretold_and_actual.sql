-- foretold_and_actual --
-- By tier at the start, and for everybody (NULL): what was foretold for the days after $start until $end, and what came.
--   buyers_spread  variance of the number of buyers, had every chance been right
-- A purchase is a day with an order.
with
bought as (
    select customer_id, count(distinct order_date) as purchases, sum(cast(amount as double)) as revenue
    from orders
    where order_date > $start and order_date <= $end
    group by customer_id
),
joined as (
    select
        stood_then.tier,
        foretold_then.buys,
        foretold_then.purchases,
        foretold_then.purchases * foretold_then.spend as revenue,
        coalesce(bought.purchases, 0) as came,
        coalesce(bought.revenue, 0.0) as earned
    from foretold_then
    left join stood_then on foretold_then.customer_id = stood_then.customer_id
    left join bought on foretold_then.customer_id = bought.customer_id
)
select
    tier,
    count(*) as customers,
    sum(buys) as buyers,
    sum(buys * (1 - buys)) as buyers_spread,
    count(case when came > 0 then 1 end) as bought,
    sum(purchases) as purchases,
    sum(came) as came,
    sum(revenue) as revenue,
    sum(earned) as earned
from joined
where tier is not null
group by tier
union all
select
    null as tier,
    count(*) as customers,
    sum(buys) as buyers,
    sum(buys * (1 - buys)) as buyers_spread,
    count(case when came > 0 then 1 end) as bought,
    sum(purchases) as purchases,
    sum(came) as came,
    sum(revenue) as revenue,
    sum(earned) as earned
from joined
