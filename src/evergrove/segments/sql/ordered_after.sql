-- ordered_after --
-- One row per customer of customer_summary as of $origin, in the order of customer_id: 1 with an order after $origin
-- and by $until, else 0.
with
later as (
    select distinct customer_id
    from orders
    where order_date > $origin and order_date <= $until
)
select case when later.customer_id is null then 0 else 1 end as ordered
from customer_summary
left join later on customer_summary.customer_id = later.customer_id
order by customer_summary.customer_id
