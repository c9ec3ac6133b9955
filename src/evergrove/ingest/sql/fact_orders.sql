-- fact_orders --
-- The orders of one import, one row an order: each is a version of the order as this file tells it.
--   amount      of the rows that count, before refunds
--   status      paid; void where no row counts: cancelled, unpaid, no product in it
--   version_at  the source's updated_at, else when the file was exported; in the shop's zone
--   content     a number made of all that the version says; equal numbers, equal versions
-- $exported_at: of the file; $seq: of the import.
with
digested as (
    select
        *,
        cast(md5_number_lower(
            case
                when counts
                    then concat_ws(
                        chr(31), customer_id, cast(day as varchar), cast(amount as varchar), class = 'refunded',
                        coalesce(cast(nullif(refund, 0) as varchar), ''), coalesce(cast(refund_day as varchar), '')
                    )
                else concat_ws(chr(31), customer_id, 'void')
            end
        ) as hugeint) as digest
    from ingest_fact_rows
    where order_key is not null
)
select
    order_key,
    min(order_id) as order_id,
    min(customer_id) as customer_id,
    coalesce(min(day) filter (where counts), min(day)) as order_date,
    cast(coalesce(sum(amount) filter (where counts), 0) as decimal(18, 4)) as amount,
    case when bool_or(counts) then 'paid' else 'void' end as status,
    coalesce(max(updated), cast($exported_at as timestamp)) as version_at,
    cast(coalesce(sum(digest) filter (where counts), min(digest)) % 18446744073709551616 as ubigint) as content,
    cast($seq as bigint) as import_seq
from digested
group by order_key
