-- fact_orders --
-- The orders of one import where every row is an order: each is a version of the order as this file tells it.
--   amount      of the rows that count, before refunds
--   status      paid; paid:USD where the amount is in another currency than the shop's; void where no row counts: cancelled, unpaid, no product in it
--   version_at  the source's updated_at, else when the file was exported; in UTC
--   given_back  what the order itself says was given back of it: amounts and days; NULL: nothing
-- $exported_at: of the file; $seq: of the import.
select
    order_key,
    order_id,
    customer_id,
    day as order_date,
    case when counts then amount else 0 end as amount,
    case when not counts then 'void' when foreign_currency is null then 'paid' else concat('paid:', foreign_currency) end as status,
    coalesce(updated, cast($exported_at as timestamp)) as version_at,
    case
        when counts and (refund > 0 or (class = 'refunded' and amount > 0))
            then concat_ws(' ', cast(case when refund > 0 then refund else amount end as varchar), cast(refund_day as varchar))
    end as given_back,
    cast($seq as bigint) as import_seq
from ingest_fact_rows
where order_key is not null
