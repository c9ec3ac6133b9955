-- without_purchase --
-- Known customers without a purchase that counts by $observation_end.
--   stage, action  prospect and L1 where all orders were cancelled or left unpaid; NULL where money went back to
--                  the customer, which says that he bought once
-- Who is first heard of after $observation_end is left out: nothing later may be seen.
-- not_summarised holds the known customers whom customer_summary does not name.
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
    not_summarised.customer_id,
    case when refunded.customer_id is null then 'prospect' end as stage,
    case when refunded.customer_id is null then 'L1' end as action
from not_summarised
left join ordered on not_summarised.customer_id = ordered.customer_id
left join refunded on not_summarised.customer_id = refunded.customer_id
where ordered.first_order_date is null
    or ordered.first_order_date <= $observation_end
    or refunded.customer_id is not null
