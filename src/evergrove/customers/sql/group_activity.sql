-- group_activity --
-- cohort_activity for each group of customers: one row per group, acquisition cohort and period since.
--   customer_groups  customer_id and the number of their group, "of"; who is not in it does not count
--   cohort, age, active, amount  as in cohort_activity
with
moves as (
    select customer_id, order_date as moved_on, order_date - gap as moved_before, net_amount as amount, true as bought
    from purchases
    union all
    select customer_id, credit_date, null, -amount, false
    from credits
),
numbered as (
    select
        customer_groups.of as in_group,
        cast(floor((12 * year(first_order_date) + month(first_order_date) - 1) / $months) as bigint) as cohort,
        cast(floor((12 * year(moved_on) + month(moved_on) - 1) / $months) as bigint) as period,
        cast(floor((12 * year(moved_before) + month(moved_before) - 1) / $months) as bigint) as period_before,
        amount,
        bought
    from moves
    inner join customer_summary on moves.customer_id = customer_summary.customer_id
    inner join customer_groups on moves.customer_id = customer_groups.customer_id
)
select
    in_group,
    cohort,
    greatest(period - cohort, 0) as age,
    count(*) filter (where bought and (period_before is null or period_before < period)) as active,
    cast(sum(amount) as double) as amount
from numbered
group by in_group, cohort, age
order by in_group, cohort, age
