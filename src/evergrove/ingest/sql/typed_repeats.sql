-- typed_repeats --
-- How many rows repeat an earlier one in customer, day and amount, among one in $parts of the customers.
select coalesce(cast(sum(copies - 1) as bigint), 0) as repeats
from (
    select count(*) as copies
    from ingest_typed
    where mod(hash(customer_id), cast($parts as ubigint)) = 0
    group by customer_id, moment, amount
) as counted
