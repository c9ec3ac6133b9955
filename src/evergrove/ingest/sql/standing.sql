-- standing --
-- Of the versions of each order that differ, which one holds: the newest of those that agree with the oldest.
-- A version that names another customer, another day or another currency is a conflict and changes nothing. Neither depends on
-- which import came first: versions are ordered by version_at and by what they say alone.
--   is_conflict  against the oldest version's customer, or the oldest paid version's day and currency
--   nth_newest   1 for the version that holds; counted among the others, and among the conflicts
--   said_before  what the version said that held before it
with
differing as (
    select
        *,
        concat_ws(
            chr(31), customer_id, coalesce(cast(order_date as varchar), ''), cast(amount as varchar), status,
            coalesce(given_back, '')
        ) as said
    from fact_versions
    semi join (select order_key from fact_repeated where differs) as repeated using (order_key)
),
anchored as (
    select *, first_value(customer_id) over (partition by order_key order by version_at, said) as first_customer
    from differing
),
dated as (
    select
        *,
        first_value(case when status <> 'void' and customer_id = first_customer then order_date end ignore nulls) over (
            partition by order_key order by version_at, said
            rows between unbounded preceding and unbounded following
        ) as first_date,
        first_value(case when status <> 'void' and customer_id = first_customer then status end ignore nulls) over (
            partition by order_key order by version_at, said
            rows between unbounded preceding and unbounded following
        ) as first_status
    from anchored
),
compared as (
    select
        *,
        customer_id <> first_customer
        or (status <> 'void' and (order_date <> first_date or status <> first_status)) as is_conflict
    from dated
)
select
    * exclude (first_customer, first_date, first_status),
    row_number() over newest_first as nth_newest,
    lead(said) over newest_first as said_before
from compared
window newest_first as (partition by order_key, is_conflict order by version_at desc, said desc, import_seq)
