-- cohort_activity --
-- One row per acquisition cohort and period since: who bought, and what flowed.
--   cohort  whole periods from year 0 to the customers' first purchase; a period is $months months
--   age     periods since the first one
--   active  customers with a purchase day in the period
--   amount  net amount of these days, less what was credited in the period
with
moves as (
    select customer_id, order_date as moved_on, net_amount as amount, 1 as bought
    from purchase_days
    union all
    select customer_id, credit_date, -amount, 0
    from credits
),
numbered as (
    select
        moves.customer_id,
        cast(floor((12 * year(first_order_date) + month(first_order_date) - 1) / $months) as bigint) as cohort,
        cast(floor((12 * year(moved_on) + month(moved_on) - 1) / $months) as bigint) as period,
        amount,
        bought
    from moves
    inner join customer_summary on moves.customer_id = customer_summary.customer_id
),
placed as (  -- money credited before the first purchase in sight counts from it on
    select customer_id, cohort, greatest(period - cohort, 0) as age, amount, bought
    from numbered
),
ages as (
    select customer_id, cohort, age, max(bought) as bought, sum(amount) as amount
    from placed
    group by customer_id, cohort, age
)
select
    cohort,
    age,
    cast(sum(bought) as bigint) as active,
    cast(sum(amount) as double) as amount
from ages
group by cohort, age
order by cohort, age
