-- customer_category --
-- The category in which most of a customer's lines stand, of equal ones the first by the alphabet, of orders by
-- $observation_end. Only customers with at most $most_gaps gaps between purchase days are asked about.
with
asked as (
    select customer_id
    from customer_summary
    where frequency <= $most_gaps
),
counted as (
    select
        orders.customer_id,
        coalesce(order_lines.category, products.category) as category,
        count(*) as bought
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    inner join asked on orders.customer_id = asked.customer_id
    left join products on order_lines.product_id = products.product_id
    where orders.order_date <= $observation_end and coalesce(order_lines.quantity, 1) > 0
    group by orders.customer_id, coalesce(order_lines.category, products.category)
),
ranked as (
    select
        customer_id,
        category,
        row_number() over (partition by customer_id order by bought desc, category) as nth
    from counted
    where category is not null
)
select customer_id, category
from ranked
where nth = 1
