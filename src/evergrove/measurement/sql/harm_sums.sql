-- harm_sums --
-- How many of those assigned left, complained or gave something back since, by layer and arm.
--   assigned   one row an assignment: layer_key, arm, customer_id, as_of
--   said       one row a word of a person: customer_id, day, what
-- What is dated from the day after the assignment to $as_of counts, each person once for each kind of harm.
with
happened as (
    select customer_id, day, what
    from said
    where day <= $as_of
    union all
    select customer_id, refund_date as day, 'refund' as what
    from refunds
    where refund_date <= $as_of
)
select
    assigned.layer_key,
    assigned.arm,
    happened.what,
    cast(count(distinct assigned.customer_id) as bigint) as people
from assigned
inner join happened
    on assigned.customer_id = happened.customer_id
    and happened.day > assigned.as_of
where assigned.as_of < $as_of
group by assigned.layer_key, assigned.arm, happened.what
order by assigned.layer_key, assigned.arm, happened.what
