-- fact_orders_from_lines --
-- The orders of one import, one row an order, its lines summed, the earliest day of them: each is a version of
-- the order as this file tells it.
--   amount      of the rows that count, before refunds
--   status      paid; paid:USD where the amount is in another currency than the shop's; void where no row counts: cancelled, unpaid, no product in it
--   version_at  the source's updated_at, else when the file was exported; in UTC
--   given_back  what the order itself says was given back of it: amounts and days; NULL: nothing
-- $exported_at: of the file; $seq: of the import.
select
    order_key,
    min(order_id) as order_id,
    min(customer_id) as customer_id,
    coalesce(min(day) filter (where counts), min(day)) as order_date,
    cast(coalesce(sum(amount) filter (where counts), 0) as decimal(18, 4)) as amount,
    case
        when not bool_or(counts) then 'void'
        when max(foreign_currency) is null then 'paid'
        else concat('paid:', max(foreign_currency))
    end as status,
    coalesce(max(updated), cast($exported_at as timestamp)) as version_at,
    string_agg(
        concat_ws(' ', cast(case when refund > 0 then refund else amount end as varchar), cast(refund_day as varchar)), ' '
        order by refund_day, refund, amount
    ) filter (where counts and (refund > 0 or (class = 'refunded' and amount > 0))) as given_back,
    cast($seq as bigint) as import_seq
from ingest_fact_rows
where order_key is not null
group by order_key
