-- fact_repeated --
-- Orders of which there are several versions.
--   first_seq, first_at  the import and the time of one of them
--   differs    whether they say different things; most are the same order, exported again
select
    order_key,
    min(import_seq) as first_seq,
    arg_min(version_at, import_seq) as first_at,
    min(said) <> max(said) as differs
from (
    select order_key, import_seq, version_at, hash(customer_id, order_date, amount, status, given_back) as said
    from fact_versions
) as versions
group by order_key
having count(*) > 1
