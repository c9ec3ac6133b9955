-- judged --
-- Every row with its reject code, if it has one, and its class. The first reason found is the code.
--   class  purchase; refund (negative); refunded (paid, then given back); cancelled; unpaid; non_product; other (no order)
--   foreign_currency  of a row that is in another currency than the run's
-- $currency: the one currency of the run, empty when nothing declares one; $limit: amounts beyond it;
-- $takes_others: rows in other currencies are good, as rates are known.
with
classed as (
    select
        *,
        case
            when state in ('cancelled', 'unpaid', 'other') then state
            when state is null and is_paid_day and day is null and day_fault is null then 'unpaid'
            when is_non_product then 'non_product'
            when returned then 'refund'
            when state = 'refunded' then 'refunded'
            else 'purchase'
        end as class
    from ingest_rows
)
select
    file,
    line,
    order_id,
    customer_id,
    parent_id,
    day,
    moment,
    amount,
    refund,
    refund_day,
    state,
    currency,
    updated,
    line_id,
    product,
    class,
    case when $currency <> '' and currency <> $currency then currency end as foreign_currency,
    case
        when mark = 'header' then 'ingest.repeated_header'
        when mark = 'total' and (customer_id is null or order_id is null or day is null or customer_fault is not null) then 'ingest.total_row'
        when customer_fault is not null then customer_fault
        when customer_id is null then 'ingest.no_customer'
        when order_fault is not null then order_fault
        when day_fault is not null then day_fault
        when day is null and class not in ('cancelled', 'unpaid', 'other') then 'ingest.no_date'
        when amount_fault is not null then amount_fault
        when amount is null and class not in ('cancelled', 'unpaid', 'other') then 'ingest.no_amount'
        when abs(amount) >= $limit then 'ingest.amount_too_large'
        when refund_fault is not null then refund_fault
        when currency_fault is not null then currency_fault
        when $currency <> '' and currency <> $currency and not $takes_others then 'currency.mixed'
    end as code
from classed
