-- last_bought --
-- What each customer's latest order was mostly for: of the articles with a name that were bought on the day of it, the
-- one with the largest amount, of equal ones the first by the alphabet.
with
named as (
    select
        orders.customer_id,
        coalesce(order_lines.product_name, products.product_name) as product,
        sum(
            coalesce(
                order_lines.amount,
                cast(coalesce(order_lines.quantity, 1) * order_lines.price as decimal(18, 4)),
                0
            )
        ) as amount
    from customer_summary
    inner join orders
        on customer_summary.customer_id = orders.customer_id
        and customer_summary.last_order_date = orders.order_date
    inner join order_lines on orders.order_id = order_lines.order_id
    left join products on order_lines.product_id = products.product_id
    where coalesce(order_lines.product_name, products.product_name) is not null
    group by orders.customer_id, coalesce(order_lines.product_name, products.product_name)
),
ranked as (
    select
        customer_id,
        product,
        row_number() over (partition by customer_id order by amount desc, product) as nth
    from named
)
select customer_id, product
from ranked
where nth = 1
