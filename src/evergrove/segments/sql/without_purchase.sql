-- without_purchase --
-- Known customers without a purchase that counts by $observation_end.
--   stage, action  prospect and L1 where all orders were cancelled or left unpaid; NULL where money went back to
--                  the customer, which says that he bought once
-- Who is first heard of after $observation_end is left out: nothing later may be seen.
with
ordered as (
    select customer_id, min(order_date) as first_order_date
    from orders
    group by customer_id
),
refunded as (
    select distinct customer_id
    from refunds
    where refund_date <= $observation_end
)
select
    known_customers.customer_id,
    case when refunded.customer_id is null then 'prospect' end as stage,
    case when refunded.customer_id is null then 'L1' end as action
from known_customers
left join customer_summary on known_customers.customer_id = customer_summary.customer_id
left join ordered on known_customers.customer_id = ordered.customer_id
left join refunded on known_customers.customer_id = refunded.customer_id
where customer_summary.customer_id is null
    and (
        ordered.first_order_date is null
        or ordered.first_order_date <= $observation_end
        or refunded.customer_id is not null
    )
