-- target_new_ground --
-- One row per customer in growth at the end of $start who has lines from before and from the quarter that ends with $end:
--   above  revenue of the quarter's lines in a category, or a third of prices within its category, of which the
--          customer had bought nothing by $start
--   below  revenue of all of the quarter's lines
with
lines as (
    select
        orders.customer_id,
        orders.order_date,
        coalesce(order_lines.category, products.category) as category,
        cast(
            coalesce(order_lines.amount, coalesce(order_lines.quantity, 1) * order_lines.price) as double
        ) as amount,
        coalesce(
            order_lines.price,
            order_lines.amount / nullif(coalesce(order_lines.quantity, 1), 0),
            products.price
        ) as price
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    left join products on order_lines.product_id = products.product_id
    where orders.order_date <= $end
),
placed as (
    select
        *,
        (
            rank() over (partition by category order by price) - 1
            + count(*) over (partition by category, price) / 2.0
        ) / count(*) over (partition by category) as place
    from lines
    where price is not null and price > 0
),
banded as (
    select
        customer_id,
        order_date,
        category,
        amount,
        case when place < 1 / 3.0 then 'low' when place > 2 / 3.0 then 'high' else 'middle' end as band
    from placed
    where amount is not null
),
categories_before as (
    select distinct customer_id, category
    from banded
    where order_date <= $start and category is not null
),
bands_before as (
    select distinct customer_id, band
    from banded
    where order_date <= $start
),
known as (
    select distinct bands_before.customer_id
    from bands_before
    inner join stood_before on bands_before.customer_id = stood_before.customer_id
    where stood_before.stage = 'growth'
)
select
    sum(
        case
            when banded.category is not null and categories_before.customer_id is null then banded.amount
            when bands_before.customer_id is null then banded.amount
            else 0.0
        end
    ) as above,
    sum(banded.amount) as below
from banded
inner join known on banded.customer_id = known.customer_id
left join categories_before
    on banded.customer_id = categories_before.customer_id and banded.category = categories_before.category
left join bands_before
    on banded.customer_id = bands_before.customer_id and banded.band = bands_before.band
where banded.order_date > $start
group by banded.customer_id
order by banded.customer_id
