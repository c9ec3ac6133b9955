-- bought_lines --
-- The lines of all orders by $observation_end, each with its customer.
--   category  the line's, else its article's
--   amount    paid for the line, else quantity x price
--   price     of one
select
    orders.customer_id,
    coalesce(order_lines.category, products.category) as category,
    coalesce(order_lines.amount, cast(coalesce(order_lines.quantity, 1) * order_lines.price as decimal(18, 4)))
        as amount,
    coalesce(
        order_lines.price,
        cast(cast(order_lines.amount as double) / nullif(coalesce(order_lines.quantity, 1), 0) as decimal(18, 4)),
        products.price
    ) as price
from order_lines
inner join orders on order_lines.order_id = orders.order_id
left join products on order_lines.product_id = products.product_id
where orders.order_date <= $observation_end
