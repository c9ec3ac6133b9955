-- waiting_for_rates --
-- Orders that hold and refunds in other currencies whose rate is not known, by currency, with what the orders add
-- up to in it.
with
held as (
    select status, amount
    from fact_orders
    where order_key not in (select order_key from fact_repeated)
    union all
    select facts.status, facts.amount
    from fact_orders as facts
    inner join fact_repeated as repeated
        on repeated.order_key = facts.order_key
        and repeated.first_seq = facts.import_seq
        and repeated.first_at = facts.version_at
        and not repeated.differs
    union all
    select status, amount
    from fact_standing
    where not is_conflict and nth_newest = 1
),
waiting as (
    select substr(status, 6) as currency, amount, true as is_order
    from held
    where starts_with(status, 'paid:')
    union all
    select sold.currency, sold.amount, false as is_order
    from foreign_refunds as sold
    left join day_rates on day_rates.currency = sold.currency and day_rates.day = sold.day
    where sold.of_order is null and day_rates.rate is null
)
select
    currency,
    cast(count(*) filter (where is_order) as bigint) as orders,
    cast(count(*) filter (where not is_order) as bigint) as refunds,
    cast(coalesce(sum(amount) filter (where is_order), 0) as decimal(18, 4)) as amount
from waiting
group by currency
order by currency
