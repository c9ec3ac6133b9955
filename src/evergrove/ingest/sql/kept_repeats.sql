-- kept_repeats --
-- How many rows without an order id repeat an earlier one of their file in customer, moment and amount.
select file, cast(sum(copies - 1) as bigint) as repeats
from (
    select file, count(*) as copies
    from ingest_settled
    where verdict = 'good' and order_id is null
    group by file, customer_id, moment, amount
) as counted
group by file
