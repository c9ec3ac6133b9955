-- kept_versions --
-- The versions of orders that are kept when the facts are written anew: all but those that said nothing new and
-- stand between two that say the same. Shops export the same orders every day; the first and the last sight of
-- what an order says are enough, for now and for every earlier import.
with
versions as (
    select *, hash(customer_id, order_date, amount, status, given_back) as said
    from (select * from fact_orders union all by name select * from new_orders) as facts
),
compared as (
    select
        *,
        lag(said) over by_age as said_before,
        lag(import_seq) over by_age as seq_before,
        lead(said) over by_age as said_after
    from versions
    window by_age as (partition by order_key order by version_at, said, import_seq)
)
select * exclude (said, said_before, seq_before, said_after)
from compared
where is_news
    or given_back is not null  -- its refunds name the import
    or not coalesce(said = said_before and seq_before < import_seq and said = said_after, false)
