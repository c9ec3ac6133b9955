-- order_goods --
-- What the goods of an order cost the shop, where a table tells it; only orders by $observation_end.
--   cost  told of the order itself; else that of its lines, where the unit cost of every one is known (its own, or
--         its article's); else its part of what is told of the customer, by amount, to the ten-thousandth
with
standing as (
    select order_id, customer_id, amount
    from orders
    where order_id is not null and order_date <= $observation_end
),
told as (
    select order_id, sum(amount) as cost
    from costs
    where order_id is not null
        and coalesce(kind, 'goods') = 'goods'
        and coalesce(incurred_on, $observation_end) <= $observation_end
    group by order_id
),
variants as (
    select sku, min(cost) as cost
    from products
    where sku is not null and cost is not null
    group by sku
    having min(cost) = max(cost)
),
priced as (
    select
        order_lines.order_id,
        coalesce(order_lines.quantity, 1) as quantity,
        coalesce(order_lines.cost, products.cost, variants.cost) as cost
    from order_lines
    left join products on order_lines.product_id = products.product_id
    left join variants on order_lines.sku = variants.sku
),
lined as (
    select order_id, cast(sum(quantity * cost) as decimal(18, 4)) as cost
    from priced
    group by order_id
    having count(*) = count(cost)
),
known as (
    select
        standing.order_id,
        standing.customer_id,
        standing.amount,
        coalesce(told.cost, lined.cost) as cost
    from standing
    left join told on standing.order_id = told.order_id
    left join lined on standing.order_id = lined.order_id
),
of_customers as (
    select customer_id, sum(amount) as cost
    from costs
    where order_id is null
        and customer_id is not null
        and kind = 'goods'
        and coalesce(incurred_on, $observation_end) <= $observation_end
    group by customer_id
),
running as (
    select
        known.order_id,
        known.customer_id,
        of_customers.cost,
        sum(known.amount) over (partition by known.customer_id order by known.order_id) as so_far,
        sum(known.amount) over (partition by known.customer_id) as whole
    from known
    inner join of_customers on known.customer_id = of_customers.customer_id
    where known.cost is null and known.amount > 0
),
rounded as (
    select
        order_id,
        customer_id,
        cast(cast(cost as double) * (cast(so_far as double) / cast(whole as double)) as decimal(18, 4)) as up_to
    from running
),
parts as (
    select
        order_id,
        up_to - coalesce(lag(up_to) over (partition by customer_id order by order_id), 0) as cost
    from rounded
)
select known.order_id, cast(coalesce(known.cost, parts.cost) as decimal(18, 4)) as cost
from known
left join parts on known.order_id = parts.order_id
where coalesce(known.cost, parts.cost) is not null
