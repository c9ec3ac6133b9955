-- fact_rows --
-- Every good row beside the key of the fact that it tells; neither key: it tells of a customer only.
--   order_key   the order id; without one what was bought: customer, moment, amount, and which of several
--               alike in the file it is, so that overlapping files tell it once
--   refund_key  the same of money given back by itself, with the orders that it names
--   counts      whether the row is (a line of) a purchase
--   updated     the source's updated_at in UTC: clocks go back, and the next file may be read in another zone
-- $zone: in which the source tells the time. chr(30) and chr(31) stand in no id.
-- Behind chr(30) a key names the currency, where it is not the shop's.
with
good as (
    select
        file,
        line,
        order_id,
        cast(customer_id as varchar) as customer_id,
        parent_id,
        day,
        coalesce(cast(try_cast(moment as timestamp) as varchar), moment, '') as moment,
        amount,
        refund,
        refund_day,
        foreign_currency,
        class,
        timezone('UTC', timezone($zone, try_cast(updated as timestamp))) as updated,
        class in ('purchase', 'refunded') as counts
    from ingest_settled
    where verdict = 'good' and class <> 'other'
),
described as (
    select
        *,
        concat_ws(chr(31), concat('~', customer_id), moment, cast(amount as varchar), order_id, parent_id, foreign_currency) as likeness
    from good
    where (order_id is null and counts) or (class = 'refund' and amount <> 0)
),
numbered as (
    select *, row_number() over (partition by hash(likeness), likeness, class = 'refund' order by file, line) as nth
    from described
),
keyed as (
    select * exclude (likeness, nth), concat(likeness, chr(31), cast(nth as varchar), case when foreign_currency is not null then concat(chr(30), foreign_currency) else '' end) as key
    from numbered
)
select * exclude (key), case when class <> 'refund' then key end as order_key, case when class = 'refund' then key end as refund_key
from keyed
union all
select *, case when class <> 'refund' then order_id end as order_key, cast(null as varchar) as refund_key
from good
where not ((order_id is null and counts) or (class = 'refund' and amount <> 0))
