-- order_shape --
-- What the repeated order ids of one file look like: lines of an order, or the same order again.
--   repeating         orders with more than one row
--   products_vary     of these, orders whose rows name different products or lines
--   amounts_vary      of these, orders whose rows have the same customer and day but different amounts
--   amounts_constant  of these, orders whose every row has the same amount, not 0
--   refunds_constant  of these, orders whose every row has the same refund, not 0
--   refunds_vary      of these, orders whose rows have different refunds
--   blank_followers   of these, orders whose later rows leave customer or amount blank
--   line_amounts      of these, orders in which every amount is quantity x price
with
by_order as (
    select
        order_id,
        count(*) as row_count,
        min(product) <> max(product) or min(line_id) <> max(line_id) as product_varies,
        min(customer_id) = max(customer_id) and min(day) = max(day) and min(amount) <> max(amount) as amount_varies,
        count(amount) = count(*) and min(amount) = max(amount) and min(amount) <> 0 as amount_is_constant,
        count(refund) = count(*) and min(refund) = max(refund) and min(refund) <> 0 as refund_is_constant,
        count(refund) > 1 and min(refund) <> max(refund) as refund_varies,
        count(customer_id) between 1 and count(*) - 1 or count(amount) between 1 and count(*) - 1 as has_blank_followers,
        count(*) = count(case when abs(amount - quantity * price) < 0.01 then 1 end) as are_line_amounts
    from ingest_rows
    where order_id is not null and mark is null and not returned
    group by order_id
    having count(*) > 1
)
select
    cast(count(*) as bigint) as repeating,
    cast(count(case when product_varies then 1 end) as bigint) as products_vary,
    cast(count(case when amount_varies then 1 end) as bigint) as amounts_vary,
    cast(count(case when amount_is_constant then 1 end) as bigint) as amounts_constant,
    cast(count(case when refund_is_constant then 1 end) as bigint) as refunds_constant,
    cast(count(case when refund_varies then 1 end) as bigint) as refunds_vary,
    cast(count(case when has_blank_followers then 1 end) as bigint) as blank_followers,
    cast(count(case when are_line_amounts then 1 end) as bigint) as line_amounts
from by_order
