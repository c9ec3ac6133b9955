-- fact_repeated --
-- Orders of which there are several versions.
--   first_seq  the import of one of them
--   differs    whether they say different things; most are the same order, exported again
select
    order_key,
    min(import_seq) as first_seq,
    min(said) <> max(said) as differs
from (
    select order_key, import_seq, hash(customer_id, order_date, amount, status, given_back) as said
    from fact_versions
) as versions
group by order_key
having count(*) > 1
