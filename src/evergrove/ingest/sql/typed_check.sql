-- typed_check --
-- One pass over a typed file: is there a row that cannot be used, or negative money?
-- NaN is not below the limit. $latest: the last day that is believed.
select
    cast(count(*) as bigint) as row_count,
    cast(count(
        case
            when customer_id is null or day is null or day < date '1971-01-01' or day > $latest
                or amount is null or not abs(amount) < 1e12
                then 1
        end
    ) as bigint) as faulty,
    cast(count(case when amount < 0 then 1 end) as bigint) as negative,
    min(case when amount >= 0 then day end) as first_day,
    max(case when amount >= 0 then day end) as last_day
from ingest_typed
