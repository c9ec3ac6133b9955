-- cohort_activity --
-- One row per group of customers, acquisition cohort and period since: who bought, and what flowed.
--   grouped_customers  customer_id, first_order_date and the number of their group; who is not in it does not count
--   cohort  whole periods from year 0 to the customers' first purchase; a period is $months months
--   age     periods since the first one
--   active  customers with a purchase day in the period
--   amount  net amount of these days, less what was credited in the period
-- A customer is counted at the first order of each period: the one whose forerunner lies in an earlier period.
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
        in_group,
        cast(floor((12 * year(first_order_date) + month(first_order_date) - 1) / $months) as bigint) as cohort,
        cast(floor((12 * year(moved_on) + month(moved_on) - 1) / $months) as bigint) as period,
        cast(floor((12 * year(moved_before) + month(moved_before) - 1) / $months) as bigint) as period_before,
        amount,
        bought
    from moves
    inner join grouped_customers on moves.customer_id = grouped_customers.customer_id
)
select
    in_group,
    cohort,
    greatest(period - cohort, 0) as age,  -- money credited before the first purchase in sight counts from it on
    count(*) filter (where bought and (period_before is null or period_before < period)) as active,
    cast(sum(amount) as double) as amount
from numbered
group by in_group, cohort, age
order by in_group, cohort, age
