-- refunds --
-- What was given back: rows of negative money, refund columns of paid orders, orders refunded as a whole.
--   order_id  the order it reduces, where the row names one that was paid (as parent, or under the same id)
with
returns as (
    select
        coalesce(parents.order_id, own.order_id) as order_id,
        settled.customer_id,
        settled.day as refund_date,
        cast(abs(settled.amount) as decimal(18, 4)) as amount
    from ingest_settled as settled
    left join (select distinct order_id, customer_id from orders where order_id is not null) as parents
        on parents.order_id = settled.parent_id and parents.customer_id = settled.customer_id
    left join (select distinct order_id, customer_id from orders where order_id is not null) as own
        on own.order_id = settled.order_id and own.customer_id = settled.customer_id
    where settled.verdict = 'good' and settled.class = 'refund'
),
given_back as (
    select
        order_id,
        customer_id,
        coalesce(refund_day, day) as refund_date,
        cast(case when refund > 0 then refund when class = 'refunded' then amount end as decimal(18, 4)) as amount
    from ingest_settled
    where verdict = 'good' and class in ('purchase', 'refunded')
)
select order_id, customer_id, refund_date, amount from returns where amount > 0
union all
select order_id, customer_id, refund_date, amount from given_back where amount > 0
