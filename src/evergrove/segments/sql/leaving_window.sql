-- leaving_window --
-- One row per customer of customer_summary, in the order of customer_id: what of the last 12 months will lie further
-- back than that once $days more days are over, whatever comes.
--   spend    net amounts of these orders, less refunds of 12 months that will lie further back by then
--   orders   how many; repeats: those that are not the customer's first ever
with
old as (
    select
        customer_id,
        sum(net_amount) as amount,
        count(*) as orders,
        sum(case when gap is not null then 1 else 0 end) as repeats
    from purchases
    where order_date > $observation_end - 365 and order_date <= $observation_end - 365 + $days
    group by customer_id
),
back as (
    select customer_id, sum(amount) as amount
    from credits
    where credit_date > $observation_end - 365 and credit_date <= $observation_end - 365 + $days
    group by customer_id
)
select
    cast(coalesce(old.amount, 0) - coalesce(back.amount, 0) as double) as spend,
    cast(coalesce(old.orders, 0) as double) as orders,
    cast(coalesce(old.repeats, 0) as double) as repeats
from customer_summary
left join old on customer_summary.customer_id = old.customer_id
left join back on customer_summary.customer_id = back.customer_id
order by customer_summary.customer_id
