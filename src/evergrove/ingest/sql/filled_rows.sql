-- filled_rows --
-- The rows of a line-grain file, with what stands once an order carried to all its lines, and with the
-- order's total, where it is repeated on each line, counted on one of them only.
-- $amount_is_total, $refund_is_total: such a total is repeated.
with
orders as (
    select
        order_id,
        min_by(customer_id, line) filter (where customer_id is not null) as customer_id,
        min_by(day, line) filter (where day is not null) as day,
        min_by(moment, line) filter (where moment is not null) as moment,
        min_by(state, line) filter (where state is not null) as state,
        min_by(currency, line) filter (where currency is not null) as currency,
        min_by(parent_id, line) filter (where parent_id is not null) as parent_id,
        min_by(updated, line) filter (where updated is not null) as updated,
        count(amount) > 0 as has_amount
    from ingest_rows
    where order_id is not null and mark is null
    group by order_id
),
numbered as (
    select *, row_number() over (partition by order_id, returned order by is_non_product, line) as nth
    from ingest_rows
)
select
    numbered.file,
    numbered.line,
    coalesce(numbered.customer_id, case when customer_fault is null then orders.customer_id end) as customer_id,
    customer_fault,
    numbered.order_id,
    order_fault,
    coalesce(numbered.parent_id, orders.parent_id) as parent_id,
    coalesce(numbered.day, case when day_fault is null then orders.day end) as day,
    day_fault,
    coalesce(numbered.moment, orders.moment) as moment,
    case
        when $amount_is_total and nth > 1 and numbered.order_id is not null and amount_fault is null then 0
        when amount is null and amount_fault is null and has_amount then 0
        else amount
    end as amount,
    amount_fault,
    quantity,
    price,
    case when $refund_is_total and nth > 1 and numbered.order_id is not null then 0 else refund end as refund,
    refund_fault,
    refund_day,
    coalesce(numbered.state, orders.state) as state,
    is_paid_day,
    coalesce(numbered.currency, orders.currency) as currency,
    currency_fault,
    coalesce(numbered.updated, orders.updated) as updated,
    line_id,
    product,
    is_non_product,
    returned,
    mark
from numbered
left join orders on orders.order_id = numbered.order_id and numbered.mark is null
