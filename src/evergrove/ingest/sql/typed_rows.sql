-- typed_rows --
-- The rows of a typed file in the shape of "judged": customer, day and amount need no reading, only judging.
-- $latest: the last day that is believed.
with
judged as (
    select
        *,
        case
            when customer_id is null then 'ingest.no_customer'
            when day is null then 'ingest.no_date'
            when day in (date '0001-01-01', date '1899-12-30', date '1900-01-01', date '1970-01-01', date '9999-12-31')
                then 'ingest.date_placeholder'
            when day < date '1971-01-01' then 'ingest.date_too_early'
            when day > $latest then 'ingest.date_in_future'
            when amount is null then 'ingest.no_amount'
            when isnan(cast(amount as double)) then 'ingest.bad_amount'
            when not abs(amount) < 1e12 then 'ingest.amount_too_large'
        end as code
    from ingest_typed
)
select
    0 as file,
    line,
    order_id,
    customer_id,
    day,
    cast(moment as varchar) as moment,
    case when abs(amount) < 1e12 then cast(amount as decimal(18, 4)) end as amount,
    cast(null as decimal(18, 4)) as refund,
    cast(null as date) as refund_day,
    cast(null as varchar) as parent_id,
    case when amount < 0 then 'refund' else 'purchase' end as class,
    cast(null as varchar) as updated,
    cast(null as varchar) as foreign_currency,
    code
from judged
